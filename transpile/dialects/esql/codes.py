"""`ESQ`: Elastic ES|QL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

ESQ001 = Code(
    "ESQ001",
    Effect.REFUSED,
    "ES|QL cannot run this regex: {reason}",
    "RLIKE takes Lucene's regular expressions, which match a whole value. They lack lookaround, backreferences, "
    "possessive repeats and atomic groups. Anchors are written out, which is not possible everywhere.",
    "use `contains`, `startswith`, `endswith` or several tests instead",
)

ESQ002 = Code(
    "ESQ002",
    Effect.REFUSED,
    "{field} holds {type} values in Elasticsearch, which do not support {test}",
    "ES|QL rejects a comparison with a literal that is not of the column's type: text with a number, a truth value or "
    "an address, an ordering with text, a pattern with anything but text.",
)

ESQ003 = Code(
    "ESQ003",
    Effect.REFUSED,
    "{field} is a flattened field, which ES|QL cannot read",
    "ES|QL does not support fields of the type `flattened`, nor the keys in them.",
)

ESQ004 = Code(
    "ESQ004",
    Effect.APPROXIMATE,
    "Elasticsearch cannot tell whether {field} is present but null",
    "Elasticsearch does not index nulls and empty lists, so a field that is present without a value counts as missing. "
    "`IS NOT NULL` asks for a value.",
)

ESQ005 = Code(
    "ESQ005",
    Effect.NOTE,
    "{field} has to be a date in the mapping: the rule reads a part of it",
    "DATE_EXTRACT takes columns of the type `date`; Elasticsearch rejects the query if the field is text.",
)

ESQ006 = Code(
    "ESQ006",
    Effect.REFUSED,
    "the field name {field!r} cannot be written in ES|QL",
    "A name with special characters is written between backquotes, where nothing but the backquote can be escaped: "
    "a control character would enter the query unescaped.",
    "map the field to one with a plain name",
)

ESQ007 = Code(
    "ESQ007",
    Effect.NOTE,
    "{keyword!r} is looked for in fields of type keyword, and in single words of text fields",
    "A search over all fields runs as a `query_string` query (QSTR). It compares the regex with whole values of "
    "keyword fields, and with each word of an analysed text field, such as `message`. In these it misses a text of "
    "several words.",
    "name the field that holds the text",
)

ESQ008 = Code(
    "ESQ008",
    Effect.REFUSED,
    "ES|QL has no function for the {unit} of the time in {field}",
    "DATE_EXTRACT counts weeks otherwise than ISO 8601 does, which Sigma's `week` refers to.",
)

ESQ009 = Code(
    "ESQ009",
    Effect.REFUSED,
    "{field} holds several values, and ES|QL has no function for {test} that takes several",
    "An operator on a column with several values gives null. The functions that look at each value, such as MV_LIKE "
    "and MV_INTERSECTS, cover equality, patterns, regexes and the order of numbers.",
)

ESQ010 = Code(
    "ESQ010",
    Effect.APPROXIMATE,
    "`{text}` was left out: {reason}",
    "The condition has no counterpart in a rule: a function without a meaning there, a column that another command "
    "computes, or a search with options. The rule was read without it.",
)

ESQ011 = Code(
    "ESQ011",
    Effect.APPROXIMATE,
    "`{text}` was left out, since a rule has no counterpart",
    "The command drops rows, or computes columns that a later condition needs. The rule was read without it.",
)

ESQ012 = Code(
    "ESQ012",
    Effect.APPROXIMATE,
    "rows without {field} are in no group of the rule",
    "STATS makes a group of the rows in which the column is null; a rule counts only events that have the field.",
    "add `{field} IS NOT NULL` if such events do not matter",
)

ESQ013 = Code(
    "ESQ013",
    Effect.REFUSED,
    "`{text}` is not a source of events",
    "A rule reads events of an index: FROM, without a query in parentheses.",
)

ESQ014 = Code(
    "ESQ014",
    Effect.NOTE,
    "`{text}` does not change which events match",
    "The command chooses, names, orders or groups what is shown. The rule does without it.",
)

ESQ015 = Code(
    "ESQ015",
    Effect.NOTE,
    "`{text}` is the look-back of the rule, not a condition",
    "How far back a rule reads is a matter of its schedule.",
)

ESQ016 = Code(
    "ESQ016",
    Effect.APPROXIMATE,
    "windows of {seconds} seconds approximate any interval of that length",
    "ES|QL has no sliding windows. Each event is put into two windows of twice the length that overlap by half, so "
    "that events that are near enough share one; so do some that are not.",
)

ESQ017 = Code(
    "ESQ017",
    Effect.REFUSED,
    "ES|QL cannot express this rule on several events: {reason}",
    "ES|QL groups rows by columns and time. It has no order of events, and no state between rows.",
)

ESQ018 = Code(
    "ESQ018",
    Effect.APPROXIMATE,
    "{what} is an estimate in ES|QL",
    "COUNT_DISTINCT, PERCENTILE and MEDIAN are approximate algorithms, exact for few values only.",
)

ESQ019 = Code(
    "ESQ019",
    Effect.APPROXIMATE,
    "the order is compared by the first and last times of each step",
    "ES|QL has no order of events. The query asks that each step first happened before the next one last did, which is "
    "so of events in order, but not of them alone.",
)

ESQ020 = Code(
    "ESQ020",
    Effect.NOTE,
    "{function} needs Elasticsearch {version}",
    "A column that may hold several values is tested by a search of the index (`:` and QSTR), which every supported "
    "version has. In a query on several rules at once the test is where no search is allowed, and takes a function "
    "of newer versions.",
)
