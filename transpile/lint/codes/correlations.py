"""`LNT200` to `LNT229`: correlations and filters."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT200 = lint(
    "LNT200",
    "correlation-type",
    "error",
    "`{value}` is not a type of correlation",
    "The specification knows event_count, value_count, value_sum, value_avg, value_percentile, value_median, "
    "temporal and temporal_ordered.",
    "{hint}",
)

LNT201 = lint(
    "LNT201",
    "correlation-without-rules",
    "error",
    "the correlation names no rules",
    "`rules` lists the ids or names of the rules whose events are correlated.",
)

LNT202 = lint(
    "LNT202",
    "correlation-timespan",
    "error",
    "the correlation's timespan {problem}",
    "A timespan is a number and a unit: s, m, h, d, w, M or y, as in `15m`.",
)

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

LNT205 = lint(
    "LNT205",
    "correlation-condition",
    "error",
    "the correlation's condition {problem}",
    "A condition compares with a number: `condition: {gte: 10}`. The operators are gt, gte, lt, lte, eq and neq.",
)

LNT206 = lint(
    "LNT206",
    "correlation-condition-field",
    "error",
    "a {type} correlation needs `field` in its condition",
    "Distinct values, sums and percentiles are those of a field.",
)

LNT207 = lint(
    "LNT207",
    "correlation-generate",
    "warning",
    "`generate` must be true or false",
    "It says whether the correlated rules give alerts of their own.",
)

LNT208 = lint(
    "LNT208",
    "correlation-key",
    "warning",
    "a correlation has no key `{key}`",
    "The keys are type, rules, group-by, timespan, condition, aliases, generate, window and gap.",
    "{hint}",
)

LNT209 = lint(
    "LNT209",
    "alias-of-other-rule",
    "warning",
    "the alias `{alias}` maps a field of `{name}`, which is not among the correlated rules",
    "An alias names a field for each of the correlated rules.",
    "{hint}",
)

LNT210 = lint(
    "LNT210",
    "filter-without-rules",
    "error",
    "the filter does not say which rules it is for",
    "`rules` is a list of ids or names, or `any`.",
)

LNT211 = lint(
    "LNT211",
    "filter-without-condition",
    "error",
    "the filter {problem}",
    "A filter is made of selections and a condition, like a detection.",
)

LNT212 = lint(
    "LNT212",
    "filter-without-logsource",
    "error",
    "the filter has no log source",
    "A filter applies to rules of its log source only.",
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
