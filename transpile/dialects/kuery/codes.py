"""`KUE`: Kibana's query language (kuery)."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

KUE001 = Code(
    "KUE001",
    Effect.APPROXIMATE,
    "Kibana compares {field} case-sensitively, and the rule ignores case",
    "Fields of the types `keyword` and `wildcard` hold values letter by letter, and KQL has no operator that ignores "
    "case. The query finds the spelling of the rule only.",
    "convert the rule to EQL or ES|QL, or list the spellings that occur",
)

KUE002 = Code(
    "KUE002",
    Effect.REFUSED,
    "Kibana KQL has no regular expressions",
    "KQL compares values, and knows `*` for any run of characters.",
    "convert the rule to EQL or ES|QL, or use `contains`, `startswith` or `endswith`",
)

KUE003 = Code(
    "KUE003",
    Effect.APPROXIMATE,
    "Kibana KQL has no wildcard for a single character; `*` is used for it in {field}",
    "`*` matches any run of characters, an empty one too, and `?` is a literal character.",
)

KUE004 = Code(
    "KUE004",
    Effect.REFUSED,
    "Kibana KQL has no equivalent of {what} of {field}",
    "KQL compares a field with constants: it reads no part of a date, compares no two fields and computes nothing.",
    "convert the rule to EQL or ES|QL",
)

KUE005 = Code(
    "KUE005",
    Effect.REFUSED,
    "{field} holds {type} values in Elasticsearch, which do not support {test}",
    "Elasticsearch rejects or ignores a comparison with a value that is not of the field's type.",
)

KUE006 = Code(
    "KUE006",
    Effect.APPROXIMATE,
    "Elasticsearch cannot tell whether {field} is present but null",
    "Elasticsearch indexes no null and no empty list, so a field that is present without a value counts as missing.",
)

KUE007 = Code(
    "KUE007",
    Effect.NOTE,
    "{field} has to be of type ip in the mapping: the rule looks for networks in it",
    "A value like `10.0.0.0/8` is a network to a field of the type `ip`, and plain text to every other.",
)

KUE008 = Code(
    "KUE008",
    Effect.APPROXIMATE,
    "Kibana looks for {keyword!r} in fields of its default list, case-sensitively",
    "A value without a field is looked for in all fields that the index searches by default. Fields of the type "
    "`keyword` compare it case-sensitively.",
)

KUE009 = Code(
    "KUE009",
    Effect.REFUSED,
    "the pattern {pattern!r} cannot be written in Kibana KQL",
    "A value with wildcards is written without quotes, where blanks at its ends are dropped.",
)

KUE010 = Code(
    "KUE010",
    Effect.APPROXIMATE,
    "left out of the rule: {text} ({reason})",
    "This part of the query has no equivalent in a rule: a name of several fields, `null` as a value, or an order of "
    "dates and texts. The rule was read without it.",
    "add the predicate by hand",
)

KUE011 = Code(
    "KUE011",
    Effect.APPROXIMATE,
    "{field} is a text field: its words are looked for anywhere in the text",
    "Elasticsearch cuts the values of text fields into words and compares whole words, ignoring case. The rule looks "
    "for the same words in the same order, but also finds them as parts of others.",
)

KUE012 = Code(
    "KUE012",
    Effect.APPROXIMATE,
    "the tests within {field} may hold for different objects of its list",
    "A query in braces asks for one object of a nested field that passes all of its tests. A rule tests each field by "
    "itself.",
)

KUE013 = Code(
    "KUE013",
    Effect.APPROXIMATE,
    "{keyword!r} is looked for anywhere in an event",
    "A value without a field is compared with whole values of `keyword` fields and with the words of text fields. A "
    "rule's keyword is looked for inside all values, ignoring case.",
)

KUE014 = Code(
    "KUE014",
    Effect.REFUSED,
    "Kibana compares the words of the text field {field}, not its whole value",
    "Elasticsearch cuts the values of text fields into words. A query finds words and phrases in them, but neither the "
    "start, the end nor the case of the whole text.",
    "use `contains`, or a field of the type keyword",
)

KUE015 = Code(
    "KUE015",
    Effect.APPROXIMATE,
    "{field} is a text field: only whole words are found in it",
    "The rule looks for a part of the text, wherever it is. A query on a text field finds it only where words start "
    "and end.",
)
