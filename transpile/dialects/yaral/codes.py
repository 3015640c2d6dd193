"""`YAR`: Google SecOps YARA-L."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

YAR001 = Code(
    "YAR001",
    Effect.REFUSED,
    "YARA-L cannot look for {keyword} in every field",
    "A YARA-L predicate names the field that it reads; a rule cannot search a whole event.",
    "name the field that holds the text",
)

YAR002 = Code(
    "YAR002",
    Effect.APPROXIMATE,
    "YARA-L cannot tell an empty {field} from a missing one",
    "A field that is not set reads as the empty string, so a test that the empty string passes holds for "
    "events without the field too.",
    "add a test that the value is not empty, if that is what the rule means",
)

YAR003 = Code(
    "YAR003",
    Effect.APPROXIMATE,
    "YARA-L cannot tell an empty {field} from a missing one; only values that are not empty count as present",
    'A field that is not set reads as the empty string, so presence is asked for as `!= ""`, which an empty '
    "value does not pass.",
)

YAR004 = Code(
    "YAR004",
    Effect.APPROXIMATE,
    "YARA-L cannot tell {field} being {value} from its being missing",
    "A number or truth value that is not set reads as 0 or false.",
)

YAR005 = Code(
    "YAR005",
    Effect.REFUSED,
    "YARA-L's regular expressions are RE2's: {reason}",
    "RE2 has no lookaround, no backreferences, no possessive or atomic groups and no repeat above 1000.",
    "rewrite the regular expression without it, or as several tests",
)

YAR006 = Code(
    "YAR006",
    Effect.REFUSED,
    "{field} holds one of a list of names, which YARA-L compares whole: it does not support {test}",
    "Enumerated UDM fields are compared with `=` to the names that they can have; YARA-L rejects regular "
    "expressions and `nocase` on them.",
)

YAR007 = Code(
    "YAR007",
    Effect.REFUSED,
    "{field} is a {type} field, which takes no {test}",
    "UDM fields have one type, and YARA-L rejects a comparison with a literal of another.",
)

YAR008 = Code(
    "YAR008",
    Effect.REFUSED,
    "YARA-L cannot compare {field} with {other}: {reason}",
    "Two fields of an event can be compared if both hold one string each.",
)

YAR009 = Code(
    "YAR009",
    Effect.REFUSED,
    "YARA-L takes no part of the time in {field}, which is not a timestamp of UDM",
    "YARA-L's timestamp functions read seconds since 1970, which only the data model's timestamps are.",
    "choose a data model that maps the field to a timestamp",
)

YAR010 = Code(
    "YAR010",
    Effect.REFUSED,
    "the rule matches {events}, which YARA-L cannot express",
    "The events section needs a predicate on the event's fields.",
)

YAR011 = Code(
    "YAR011",
    Effect.REFUSED,
    "{field} is not a name that YARA-L can write",
    'A UDM field is written as a path of identifiers, `["key"]` at its end for a map; a map\'s key holds no '
    "control characters.",
)

YAR012 = Code(
    "YAR012",
    Effect.REFUSED,
    "YARA-L cannot compare {field}, which holds text, with {value}",
    "Numbers in text are compared through cast.as_float, which keeps seven digits and gives 0 for text that is "
    "not a number; a comparison that this could falsify is refused.",
)

YAR013 = Code(
    "YAR013",
    Effect.APPROXIMATE,
    "this line of the rule was read but has no equivalent: {reason}",
    "A reference list, an entity from the context graph, or a function without a counterpart. The rule made from the "
    "other lines matches more events.",
    "allow approximate queries, or rewrite this line",
)

YAR014 = Code(
    "YAR014",
    Effect.NOTE,
    "presentation only: {what}",
    "The section changes what an alert shows or how alerts are grouped, not which events match.",
)

YAR015 = Code(
    "YAR015",
    Effect.NOTE,
    "the start of the windows of `over` is not documented; read as any interval of this length",
    "Google SecOps looks at overlapping windows of the length that `match` names, and does not say how far apart they "
    "begin. The rule that is read from it looks at every interval of that length.",
)

YAR016 = Code(
    "YAR016",
    Effect.APPROXIMATE,
    "this part of the condition was read but has no equivalent: {reason}",
    "The condition asks something of the events together that the other languages have no form for. The rule made from "
    "the rest matches more.",
    "allow approximate queries, or rewrite the condition",
)

YAR017 = Code(
    "YAR017",
    Effect.REFUSED,
    "nothing of this rule can be carried over: {reason}",
    "Every line of the events section is about something that has no equivalent, so the rule would match every event.",
)

YAR018 = Code(
    "YAR018",
    Effect.APPROXIMATE,
    "{field} is repeated, and the rule asks that one element passes all of its tests, or that one fails",
    "Without `any`, a rule runs on a copy of the event for each element of a repeated field. Other languages test "
    "whether any element passes each test by itself. Events with one element match alike.",
    "allow approximate queries if these fields hold one element in your logs",
)

YAR019 = Code(
    "YAR019",
    Effect.REFUSED,
    "YARA-L groups events by fields only, and this rule has no group-by",
    "`match` needs a variable to group by; there is no group of all events.",
    "add a group-by to the correlation",
)

YAR020 = Code(
    "YAR020",
    Effect.REFUSED,
    "YARA-L windows last from one minute to 48 hours; this rule needs {length}",
    "The timespan, or twice the timespan for events of several rules, must lie within the limits of `match`.",
    "shorten or lengthen the timespan",
)

YAR021 = Code(
    "YAR021",
    Effect.REFUSED,
    "YARA-L cannot express {what} over events in a window",
    "The language counts events and different values, sums, and asks whether events of several kinds are there. It has "
    "no percentiles in rules, and what more events could undo depends on where its windows begin.",
)

YAR022 = Code(
    "YAR022",
    Effect.NOTE,
    "the times of the events are compared in whole seconds",
    "The finest that YARA-L computes with is `metadata.event_timestamp.seconds`. Events in order within one second are "
    "not seen as such, and the edge of the timespan is moved by less than a second.",
)
