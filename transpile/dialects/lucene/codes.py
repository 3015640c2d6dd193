"""`LUC`: Lucene query strings."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

LUC001 = Code(
    "LUC001",
    Effect.REFUSED,
    "Lucene cannot run this regex: {reason}",
    "Lucene's regular expressions match a whole value. They lack lookaround, backreferences, possessive repeats "
    "and atomic groups. Anchors are written out, which is not possible everywhere. Elasticsearch takes up to "
    "1,000 characters.",
    "use `contains`, `startswith`, `endswith` or several tests instead",
)

LUC002 = Code(
    "LUC002",
    Effect.REFUSED,
    "{field} holds {type} values in Elasticsearch, which do not support {test}",
    "A query string fails, or matches nothing, where a value is not of the field's type: text for a number, a truth "
    "value or an address, an ordering of text, a pattern for anything but text.",
)

LUC003 = Code(
    "LUC003",
    Effect.REFUSED,
    "{value!r} is too long to be looked for in any case",
    "Keyword fields mind case, so that each letter is written as `[aA]` in a regex, of which Elasticsearch takes up to "
    "1,000 characters.",
    "use `cased`, or a shorter text",
)

LUC004 = Code(
    "LUC004",
    Effect.APPROXIMATE,
    "Elasticsearch cannot tell whether {field} is present but null",
    "Elasticsearch does not index nulls and empty lists, so a field that is present without a value counts as missing. "
    "`_exists_` asks for a value.",
)

LUC005 = Code(
    "LUC005",
    Effect.NOTE,
    "{field} has to be of type ip in the mapping: the rule looks for networks in it",
    "A network is compared with fields of the type `ip` only; in a text field it is text.",
)

LUC006 = Code(
    "LUC006",
    Effect.REFUSED,
    "the field name {field!r} cannot be written in a query string",
    "`<` and `>` cannot be escaped, an escaped `*` in a name still matches several fields, and control characters "
    "would enter the query unescaped.",
    "map the field to one with a plain name",
)

LUC007 = Code(
    "LUC007",
    Effect.NOTE,
    "{keyword!r} is looked for in fields of type keyword, and in single words of text fields",
    "Without a field, a query string compares the regex with whole values of keyword fields, and with each word of an "
    "analysed text field, such as `message`. In these it misses a text of several words.",
    "name the field that holds the text",
)

LUC008 = Code(
    "LUC008",
    Effect.REFUSED,
    "a query string cannot ask {field} for {test}",
    "A query string compares fields with constants: there are no comparisons of two fields, and no parts of dates.",
)

LUC009 = Code(
    "LUC009",
    Effect.APPROXIMATE,
    "`{text}` was left out: {reason}",
    "The condition has no counterpart in a rule: a fuzzy term, a range of text, several fields by a pattern, or a "
    "regex with Lucene's own operators. The rule was read without it.",
)

LUC010 = Code(
    "LUC010",
    Effect.NOTE,
    "`{text}` only raises the score, since other clauses are required",
    "A query string has no precedence of operators: beside a clause joined by AND, one joined by OR is optional. It "
    "does not change which events match.",
    "put the alternatives in parentheses",
)

LUC011 = Code(
    "LUC011",
    Effect.APPROXIMATE,
    "`{text}` is read as a text anywhere in the event",
    "A word without a field is compared with whole values of keyword fields, and with the words of analysed text "
    "fields. The rule looks for it inside of every value.",
)
