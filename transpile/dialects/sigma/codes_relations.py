"""`SIG`: correlations, filters, and the aggregations of Sigma 1."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

SIG085 = Code(
    "SIG085",
    Effect.UNREADABLE,
    "the correlation {problem}",
    "`correlation` is a map with `type`, `rules`, `timespan`, mostly `group-by` and `condition`, and perhaps `aliases` "
    "and `generate`.",
)

SIG086 = Code(
    "SIG086",
    Effect.UNREADABLE,
    "unknown correlation type `{value}`",
    "The types are event_count, value_count, value_sum, value_avg, value_percentile, value_median, temporal and "
    "temporal_ordered.",
    "{hint}",
)

SIG087 = Code(
    "SIG087",
    Effect.UNREADABLE,
    "unknown key `{key}` in {what}",
    "A misspelt key changes what the correlation detects, so it is not ignored.",
    "{hint}",
)

SIG088 = Code(
    "SIG088",
    Effect.UNREADABLE,
    "the correlation has no `{key}`",
    "Every correlation needs `type`, `timespan` and `rules`; those that count or compute need a `condition` too.",
    "add `{key}` to the map under `correlation`",
)

SIG089 = Code(
    "SIG089",
    Effect.UNREADABLE,
    "`{value}` is not a time span",
    "A time span is a number greater than zero and a unit: s, m, h or d; w, M (month) and y (year) are read too.",
    "write for example 90s, 5m, 1h or 7d",
)

SIG090 = Code(
    "SIG090",
    Effect.REFUSED,
    "unknown rule `{name}`",
    "A correlation refers to rules by their `id` or `name`. None of the files that were passed has a rule of that id "
    "or name.",
    "{hint}",
)

SIG091 = Code(
    "SIG091",
    Effect.REFUSED,
    "`{name}` is ambiguous: {count} rules have this id or name ({places})",
    "A reference must mean one rule. Rules in the same file come first; of those in other files there may be only one.",
    "refer to the rule by its id, and give every rule an id of its own",
)

SIG092 = Code(
    "SIG092",
    Effect.UNREADABLE,
    "`{name}` leads back to this correlation: {path}",
    "A correlation that depends on itself, directly or through others, has no meaning.",
)

SIG093 = Code(
    "SIG093",
    Effect.REFUSED,
    "the rule `{name}`{where} cannot be used: {reason}",
    "A correlation is converted as a whole. Without one of its rules it would detect something else.",
    "correct that rule first",
)

SIG094 = Code(
    "SIG094",
    Effect.UNREADABLE,
    "the correlation's condition {problem}",
    "A condition is a map of comparisons (gt, gte, lt, lte, eq, neq), all of which must hold, with `field` for what is "
    "counted or computed; for temporal correlations it may be text that joins rules with and, or and not.",
)

SIG095 = Code(
    "SIG095",
    Effect.UNREADABLE,
    "the aliases are wrong: {problem}",
    "`aliases` gives, for each alias, a map of rules to the fields that the alias means in their events.",
)

SIG096 = Code(
    "SIG096",
    Effect.REFUSED,
    "{what} has no meaning that the specification defines",
    "Tools differ in what they make of it, so no query could be shown to be right.",
)

SIG097 = Code(
    "SIG097",
    Effect.NOTE,
    "used by the correlation `{title}`: not an alert of its own",
    "A rule that a correlation refers to raises no alerts by itself, unless the correlation says `generate: true`. Its "
    "query is shown, but `deploy` leaves it out.",
)

SIG098 = Code(
    "SIG098",
    Effect.NOTE,
    "the filter `{title}` applies to this rule",
    "The filter names this rule or covers its log source. Its condition is part of every query.",
)

SIG099 = Code(
    "SIG099",
    Effect.NOTE,
    "the filter `{title}` names this rule but is not applied: its log source ({wanted}) is not that of the rule",
    "A filter applies to a rule only if every word of the filter's log source is in that of the rule.",
)

SIG100 = Code(
    "SIG100",
    Effect.APPROXIMATE,
    "the filter `{title}` names this rule but cannot be read: {reason}",
    "Without the filter, the query matches events that the filter excludes.",
)

SIG101 = Code(
    "SIG101",
    Effect.UNREADABLE,
    "the filter {problem}",
    "`filter` is a map with `rules`, named selections and their `condition`; beside it there is a `logsource`.",
)

SIG102 = Code(
    "SIG102",
    Effect.REFUSED,
    "the filter names an unknown rule `{name}`",
    "A filter refers to rules by their `id` or `name`. None of the files that were passed has a rule of that id or "
    "name. The filter applies to the others that it names.",
    "{hint}",
)

SIG103 = Code(
    "SIG103",
    Effect.NOTE,
    "the alias `{alias}` has no field for `{name}`; its events are grouped by a field called `{alias}`",
    "For a rule that an alias leaves out, the alias is taken as the name of a field.",
)

SIG105 = Code(
    "SIG105",
    Effect.NOTE,
    "deprecated aggregation syntax, read as a correlation of type {kind}",
    "Correlation rules replaced conditions with `|` in Sigma 2. Other tools reject them.",
    "write a Sigma correlation rule instead",
)

SIG106 = Code(
    "SIG106",
    Effect.NOTE,
    "the network `{value}` is compared as text",
    "Without the modifier `cidr`, a value is compared with the whole field, character by character. No address equals "
    "a network.",
    "write `|cidr` behind the field's name",
)

SIG107 = Code(
    "SIG107",
    Effect.REFUSED,
    "the correlation is built on too many rules: {count} rules in {levels} levels",
    "A correlation may count or relate 1,000 rules, those of the correlations that it names included, in 20 levels of "
    "correlations. Larger ones make queries that no platform runs.",
    "name fewer rules, or one rule that matches what several of them do",
)
