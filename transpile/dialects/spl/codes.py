"""`SPL`: Splunk SPL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

SPL001 = Code(
    "SPL001",
    Effect.REFUSED,
    "Splunk cannot run this regex: {reason}",
    "Splunk's regexes are PCRE's. This one is not valid there, or uses something that is not supported here.",
)

SPL002 = Code(
    "SPL002",
    Effect.REFUSED,
    "SPL cannot tell the {unit} of a timestamp exactly",
    "`strptime` and `strftime` read and write times in the time zone of the user who runs the search, and in "
    "one "
    "given format, so the part they give is not always the rule's, which is of UTC.",
    "filter on `date_hour` and its like in the deployed search, or schedule the search",
)

SPL003 = Code(
    "SPL003",
    Effect.REFUSED,
    "the field name {field!r} cannot be written in SPL",
    "Splunk documents no way to write a name with a single quote, a backslash or a control character in `where`.",
    "map the field to one with a plain name",
)

SPL004 = Code(
    "SPL004",
    Effect.REFUSED,
    "SPL cannot compare {field!r} with {other!r}",
    "Two fields are compared in `where`, which is not documented to compare fields with several values, and "
    "cannot "
    "write a name with a single quote, a backslash or a control character.",
)

SPL005 = Code(
    "SPL005",
    Effect.REFUSED,
    "a keyword regex that speaks of the start or the end of a value",
    "Keywords are looked for in the raw text of an event, where Splunk does not know one value from the next.",
    "name the field, or leave the anchors out",
)

SPL006 = Code(
    "SPL006",
    Effect.NOTE,
    "the keyword {keyword!r} is looked for as it stands in the raw text",
    "Splunk looks for keywords in the raw text of an event (`_raw`), not in its values. Where that is JSON or "
    "XML, "
    "quotes, backslashes, `<`, `>`, `&` and characters beyond ASCII may be spelled differently in it, and the "
    "keyword is then not found.",
    "name the field that holds the text",
)

SPL007 = Code(
    "SPL007",
    Effect.REFUSED,
    "a keyword, in a search of the data model {dataset}",
    "`tstats` searches a data model's fields; the raw text of the events is not among them.",
    "use a data model for Splunk that searches events, such as windows-xml, or name the field",
)

SPL008 = Code(
    "SPL008",
    Effect.APPROXIMATE,
    "to Splunk a field {field!r} that is null does not exist",
    "Sigma's `exists` holds for a field that is there but null. Splunk has no such field: NULL is the absence "
    "of a "
    "value, and `field=*` finds the fields that have one.",
    "ask for a value (`field: '*'`), which SPL says exactly",
)
