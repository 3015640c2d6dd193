"""`LNT200` to `LNT229`: correlations and filters."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT203 = lint(
    "LNT203",
    "correlation-without-group-by",
    "note",
    "the correlation has no `group-by`",
    "Without it the events of all hosts and users are counted together.",
)

LNT204 = lint(
    "LNT204",
    "temporal-of-one",
    "warning",
    "a {type} correlation needs at least two rules",
    "One rule alone is never near another.",
)

LNT207 = lint(
    "LNT207",
    "correlation-generate",
    "warning",
    "`generate` must be true or false",
    "It says whether the correlated rules give alerts of their own.",
)

LNT213 = lint(
    "LNT213",
    "filter-with-rule-key",
    "note",
    "a filter has no `{key}`",
    "Level and status are those of the rules that the filter is applied to.",
    "remove it",
    fix="removes the line",
)
