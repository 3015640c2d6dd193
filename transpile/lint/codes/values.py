"""`LNT100` to `LNT139`: modifiers and values."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT100 = lint(
    "LNT100",
    "control-character",
    "warning",
    "the value holds the control character U+{point:04X}",
    "In double quotes YAML reads `\\t`, `\\n`, `\\b` and the like as control characters, which paths then hold "
    "by accident.",
    "use single quotes, or double the backslash",
)

LNT101 = lint(
    "LNT101",
    "double-wildcard",
    "note",
    "`**` means the same as `*`",
    "One `*` already matches any number of characters.",
    "write `*`",
    fix="writes a single `*`",
)

LNT102 = lint(
    "LNT102",
    "escaped-wildcard",
    "note",
    "`\\{char}` is the character {char} and not a wildcard",
    "A backslash takes a wildcard's meaning. In a path such as `C:\\*` that is rarely wanted.",
    "write `\\\\{char}` for a backslash followed by a wildcard",
)

LNT103 = lint(
    "LNT103",
    "number-as-text",
    "note",
    "the number {value} is written as text",
    "Platforms that keep numbers as such compare a text with them at a cost, or not at all.",
    "remove the quotes",
)

LNT104 = lint(
    "LNT104",
    "wildcard-for-modifier",
    "note",
    "the wildcards mean `|{modifier}`",
    "A modifier is easier to read, and leaves no doubt about backslashes before a `*`.",
    "write `{key}` and leave out the wildcards",
    fix="writes the modifier in place of the wildcards",
)

LNT105 = lint(
    "LNT105",
    "needless-wildcard",
    "note",
    "`{modifier}` already allows for anything there; the `*` changes nothing",
    "The modifier puts wildcards around the value by itself.",
    "remove the `*`",
    fix="removes the wildcard",
)

LNT106 = lint(
    "LNT106",
    "lone-wildcard",
    "note",
    "`*` alone asks whether the field has a value",
    "`exists: true` is explicit. It also holds for a field that is present and empty.",
    "write `{field}|exists: true`",
)

LNT107 = lint(
    "LNT107",
    "always-true-value",
    "warning",
    "the value holds for every event that has the field",
    "An empty text is contained in every text, so this part filters nothing but events without the field.",
    "remove it, or write `|exists: true`",
)

LNT108 = lint(
    "LNT108",
    "null-in-list",
    "note",
    "`null` among other values",
    'Several backends cannot say "one of these, or no value". Many rules mean the empty text.',
    "put `null` in a selection of its own",
)

LNT109 = lint(
    "LNT109",
    "duplicate-value",
    "note",
    "the value `{value}` is listed twice",
    "The second mention changes nothing. Often another value was meant.",
    "remove it",
    fix="removes the second",
)

LNT110 = lint(
    "LNT110",
    "covered-value",
    "note",
    "`{value}` is covered by `{other}`",
    "Whatever matches this value also matches the other one, so it changes nothing.",
    "remove it, or make the other one narrower",
)

LNT111 = lint(
    "LNT111",
    "base64-without-contains",
    "note",
    "`{modifier}` without `contains` matches only a value that is nothing but the encoded text",
    "Encoded text is nearly always part of a longer value.",
    "write `{modifier}|contains`",
)

LNT112 = lint(
    "LNT112",
    "base64offset-without-contains",
    "warning",
    "`base64offset` without `contains` matches only a value that is nothing but the encoded text",
    "`base64offset` leaves out what the neighbouring bytes decide, so the text never appears alone.",
    "write `base64offset|contains`",
)

LNT113 = lint(
    "LNT113",
    "all-of-different-values",
    "warning",
    "no single value can {how} all of these",
    "With `all` every value of the list must hold. A field with one value equals one text only, so the part "
    "never matches, unless the field has several values.",
    "remove |all, or use contains",
)

LNT114 = lint(
    "LNT114",
    "windash-with-all",
    "note",
    "`windash` with `all` is read in different ways",
    "Here each value holds in any of its spellings, and all values must. Some tools ask for every spelling of "
    "every value, which never matches.",
    on=False,
)

LNT115 = lint(
    "LNT115",
    "repeated-modifier",
    "note",
    "the modifier `{modifier}` is there twice",
    "The second one changes nothing, or the value is encoded twice.",
    "remove one",
    fix="removes the second, where that changes nothing",
)

LNT116 = lint(
    "LNT116",
    "several-places",
    "warning",
    "`{modifiers}` together mean `contains`",
    "Each of contains, startswith and endswith adds wildcards, so two of them do not narrow each other.",
    "use one of them",
)

LNT117 = lint(
    "LNT117",
    "regex-group",
    "note",
    "the regular expression uses `{group}`, which several engines do not know",
    "Look-ahead, look-behind and atomic groups are missing in RE2, Lucene and Kusto's engine.",
    "use a selection and a filter in its place",
)

LNT118 = lint(
    "LNT118",
    "plain-regex",
    "note",
    "the regular expression is plain text; `{modifier}` says the same",
    "Text comparison is faster on every platform. A regular expression minds case, and `contains` does not.",
    "write `{key}`",
)

LNT119 = lint(
    "LNT119",
    "regex-any-ends",
    "note",
    "`.*` at the {end} of the regular expression changes nothing",
    "A regular expression is searched for anywhere in the value.",
    "remove it",
)

LNT120 = lint(
    "LNT120",
    "address-prefix",
    "note",
    "the value is the beginning of an IP address; `cidr` says it exactly",
    "`10.1` also begins 10.10.0.0 and 10.199.0.0, and text comparison knows nothing of IPv6 spellings.",
    "write `{field}|cidr: {network}`",
)

LNT121 = lint(
    "LNT121",
    "field-equals-itself",
    "warning",
    "the field is compared with itself",
    "The comparison holds for every event that has the field.",
)

LNT122 = lint(
    "LNT122",
    "short-value",
    "note",
    "`{value}` is so short that it is in nearly every text",
    "A keyword or `contains` of one letter or digit filters almost nothing.",
)

LNT124 = lint(
    "LNT124",
    "cased-without-letters",
    "note",
    "`cased` changes nothing: the value has no letters",
    "Case matters only to letters.",
    "remove |cased",
)

LNT125 = lint(
    "LNT125",
    "spaces-at-ends",
    "note",
    "the value has a space at its {end}, and the whole field is compared",
    "With `contains` a space at an end sets words apart. Here the field must end or begin with it.",
)
