"""`EQL`: Elastic EQL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

EQL001 = Code(
    "EQL001",
    Effect.REFUSED,
    "EQL cannot look for {keyword!r} in every field",
    "A condition in EQL names the field that it reads; a query cannot search a whole event.",
    "name the field that holds the text",
)

EQL002 = Code(
    "EQL002",
    Effect.REFUSED,
    "EQL cannot run this regex: {reason}",
    "Elasticsearch's regular expressions are Lucene's and match a whole value. They lack lookaround, "
    "backreferences, possessive repeats and atomic groups. Anchors are written out, which is not possible everywhere.",
    "say the same with `contains`, `startswith`, `endswith` or several tests",
)

EQL003 = Code(
    "EQL003",
    Effect.REFUSED,
    "EQL takes no part of the time in {field}",
    "EQL has no function that reads the hour, day or year of a date.",
)

EQL004 = Code(
    "EQL004",
    Effect.REFUSED,
    "{field} holds {type} values in Elasticsearch, which do not support {test}",
    "Elasticsearch rejects or misreads a comparison with a literal that is not of the field's type: text with "
    "a number, a truth value or an address, an ordering with text, a regex with anything but text.",
)

EQL005 = Code(
    "EQL005",
    Effect.REFUSED,
    "{field} is a flattened field, which EQL cannot read",
    "EQL supports no fields of the type `flattened`, nor the keys in them.",
)

EQL006 = Code(
    "EQL006",
    Effect.APPROXIMATE,
    "Elasticsearch cannot tell whether {field} is present but null",
    "Elasticsearch indexes no null and no empty list, so a field that is present without a value counts as "
    "missing. `!= null` asks for a value.",
)

EQL007 = Code(
    "EQL007",
    Effect.NOTE,
    "{field} has to be of type ip in the mapping: the rule looks for networks in it",
    "cidrMatch takes fields of the type `ip` only; Elasticsearch rejects the query if the field is text.",
)

EQL008 = Code(
    "EQL008",
    Effect.REFUSED,
    "the field name {field!r} cannot be written in EQL",
    "A name with odd characters is written between backquotes, where nothing can be escaped, so that a control "
    "character would enter the query unescaped.",
    "map the field to one with a plain name",
)

EQL009 = Code(
    "EQL009",
    Effect.APPROXIMATE,
    "left out of the rule: {text} ({reason})",
    "This predicate has no equivalent in a rule: a computed text to look for, a division of whole numbers, a part of "
    "Lucene's regex syntax, or a function without a counterpart. The rule was read without it.",
    "add the predicate by hand, or rewrite it with a comparison to a constant",
)

EQL010 = Code(
    "EQL010",
    Effect.REFUSED,
    "this query has no meaning in Elasticsearch: {reason}",
    "The query follows EQL's grammar, but Elasticsearch rejects it: every item of a sequence needs as many join keys "
    "as the others, and a missing event needs `with maxspan`.",
    "check the query in Elasticsearch",
)

EQL011 = Code(
    "EQL011",
    Effect.APPROXIMATE,
    "left out of the rule: {text}",
    "The pipes `head` and `tail` keep the first or last of the alerts that a query found. A rule reports them all.",
)

EQL012 = Code(
    "EQL012",
    Effect.APPROXIMATE,
    "events without {field} are in no group",
    "The join key `?{field}` also relates events that lack the field. A rule relates only events that have a value in "
    "each field that it groups by.",
)

EQL013 = Code(
    "EQL013",
    Effect.REFUSED,
    "EQL has no equivalent of this test of a computed value: {reason}",
    "Tests of what a function returns run as scripts in Elasticsearch. They compare texts and numbers, but run no "
    "regular expressions of Lucene, and EQL lacks some functions.",
    "compute the value when the events are indexed, and test the field",
)

EQL014 = Code(
    "EQL014",
    Effect.REFUSED,
    "EQL cannot relate events like this: {reason}",
    "An EQL sequence is a list of event queries that share join keys, within one time span after its first event. It "
    "cannot take the results of another sequence, compute a join key, or use fixed windows.",
    "ES|QL can express more aggregations",
)

EQL015 = Code(
    "EQL015",
    Effect.REFUSED,
    "EQL cannot count {reason}",
    "EQL counts only as `with runs=n`: n events in a row, n from 2 to 100, in up to 25 items one after the other. It "
    "has no upper bounds, distinct values, sums or averages.",
    "ES|QL can express aggregations",
)

EQL016 = Code(
    "EQL016",
    Effect.REFUSED,
    "EQL cannot relate events in any order within a time span",
    "A sequence fixes the order of its events, and a sample (`sample by`) has no time span.",
    "ES|QL can express aggregations",
)

EQL017 = Code(
    "EQL017",
    Effect.APPROXIMATE,
    "a missing event before or after several others is tested against the latest of them only",
    "Elasticsearch follows the latest events that fit. Where a missing event is asked for before the first or after "
    "the last of several events, an earlier start may do where the latest does not.",
)

EQL018 = Code(
    "EQL018",
    Effect.APPROXIMATE,
    "one event may serve several items of the sample",
    "A sample takes a different event for each of its items. A rule on events in any order also takes an event that "
    "several of its parts match.",
)

EQL019 = Code(
    "EQL019",
    Effect.NOTE,
    "the sequence has {count:,} events; Elasticsearch runs a search for each of them",
    "`with runs` repeats an item up to 100 times; a higher count takes several items, for which the documentation has "
    "no limit. Such a sequence is slow, and Elasticsearch's circuit breaker may stop it where many events match.",
    "lower the threshold, or write ES|QL, whose windows are wider than the rule's but cost one aggregation",
)
