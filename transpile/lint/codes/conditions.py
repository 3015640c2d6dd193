"""`LNT140` to `LNT169`: conditions and selections."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT140 = lint(
    "LNT140",
    "them-of-one",
    "note",
    "`{text}` with a single selection",
    "There is only `{name}` to choose from.",
    "write `{name}`",
    fix="writes the selection's name",
)

LNT141 = lint(
    "LNT141",
    "all-of-them",
    "note",
    "`all of them` takes in every selection, also one that is added later as a filter",
    "Naming the selections by a pattern keeps later additions out.",
    "write `all of selection_*`",
)

LNT142 = lint(
    "LNT142",
    "pattern-of-one",
    "note",
    "`{pattern}` fits only `{name}`",
    "A pattern that fits one selection suggests that there are more.",
    "write `{name}`",
)

LNT143 = lint(
    "LNT143",
    "quantifier-without-pattern",
    "note",
    "`{text}` names one selection; the quantifier changes nothing",
    "`1 of` and `all of` are for patterns with `*`.",
    "write `{name}`, or `{name}*` for a pattern",
    fix="writes the selection's name",
)

LNT144 = lint(
    "LNT144",
    "contradiction",
    "error",
    "the condition can never be true: {reason}",
    "The parts of the condition exclude each other, whatever the event, so the rule never fires.",
)

LNT145 = lint(
    "LNT145",
    "dead-branch",
    "warning",
    "this alternative can never match: {reason}",
    "One of the alternatives excludes itself for a field with one value. The rule works, but for that part.",
)

LNT146 = lint(
    "LNT146",
    "only-negative",
    "warning",
    "the condition asks only for what events must not have",
    "Such a rule fires on nearly every event of its log source.",
    "add a selection of what must be there",
)

LNT147 = lint(
    "LNT147",
    "same-selection",
    "note",
    "the selection says the same as `{other}`",
    "Two names for one thing; often the copy was meant to be changed.",
)

LNT148 = lint(
    "LNT148",
    "positive-filter",
    "note",
    "`{name}` is required, not filtered out",
    "By convention selections named filter hold what is excluded, behind `not`.",
    "rename it to selection, or add `not`",
)

LNT149 = lint(
    "LNT149",
    "selection-name",
    "warning",
    "the selection's name `{name}` cannot be used safely in a condition",
    "Names are letters, digits and `_`; words of the condition's language (and, or, not, of, them, all, 1) "
    "and other characters are misread by some tools.",
)

LNT150 = lint(
    "LNT150",
    "covered-selection",
    "note",
    "`{name}` changes nothing in this condition",
    "What it asks for is already required or allowed by another part: `a and (a or b)` is `a`.",
    "remove it, or check the brackets",
)

LNT151 = lint(
    "LNT151",
    "mixed-and-or",
    "note",
    "`and` and `or` are mixed without brackets",
    "`and` binds more closely than `or`: `a or b and c` is `a or (b and c)`. Many readers expect otherwise.",
    "add brackets",
)

LNT152 = lint(
    "LNT152",
    "numeric-selection-name",
    "note",
    "the selection's name `{name}` begins with a digit",
    "In a condition it is easily taken for a quantifier.",
)

LNT153 = lint(
    "LNT153",
    "one-value-contradiction",
    "warning",
    "only an event with several values of one field can match: {reason}",
    "The parts of the condition exclude each other for a field with one value. Most fields have one, so the "
    "rule never fires.",
)
