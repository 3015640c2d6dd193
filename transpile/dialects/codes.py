"""`DIA`: codes that all languages share: what the house refuses before a writer sees it."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

DIA001 = Code(
    "DIA001",
    Effect.REFUSED,
    "{language} has no equivalent of {what}",
    "The rule asks for something that the target language cannot express: a stage that relates several events, a test "
    "or a function. The table of what each language supports is in docs/support.md.",
    "convert the rule to another language, or rewrite this part of it",
)

DIA002 = Code(
    "DIA002",
    Effect.REFUSED,
    "this part of the rule was read but not interpreted: {text}",
    "The reader of the source language keeps what it cannot translate, with its text. A query without this part would "
    "match something else, so there is none.",
    "rewrite this part, or remove it from the source",
)

DIA003 = Code(
    "DIA003",
    Effect.UNREADABLE,
    "this is not valid {language}: {reason}",
    "The text does not follow the grammar of its language, or uses a part of it that is not read yet. The place is "
    "the first character that does not fit.",
    "check the query in the platform's own editor",
)

DIA004 = Code(
    "DIA004",
    Effect.APPROXIMATE,
    "the test of the function {function} is left out: {language} has no equivalent of it",
    "The rule tests what a function makes of a field, beside other tests. The target language lacks the function; a "
    "query without this test matches more events.",
    "convert the rule to another language, or add the test by hand",
)

DIA005 = Code(
    "DIA005",
    Effect.APPROXIMATE,
    "only the events are matched: {language} has no equivalent of the function {function}",
    "The rule groups, counts or relates events by what a function makes of a field, and the target language lacks the "
    "function. The query that is written matches each of these events by itself.",
    "convert the rule to another language, or relate the events by hand",
)

DIA006 = Code(
    "DIA006",
    Effect.NOTE,
    "the values of {field} that are summed are taken not to be negative",
    "A lower bound of a sum is asked of windows that end or begin at an event. If a window holds enough, so does that "
    "one, as long as further values do not make the sum smaller. Negative values do.",
)
