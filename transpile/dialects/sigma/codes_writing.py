"""`SIG`: writing Sigma."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

SIG120 = Code(
    "SIG120",
    Effect.REFUSED,
    "Sigma cannot express {what}",
    "Sigma tests fields against values and relates events by correlation rules. What needs more has no form in it.",
    "rewrite this part of the rule",
)

SIG121 = Code(
    "SIG121",
    Effect.APPROXIMATE,
    "Sigma's time spans are any interval of their length, not fixed ones as in the rule",
    "Fixed intervals split what happens across their boundary; a Sigma correlation counts it together.",
)

SIG122 = Code(
    "SIG122",
    Effect.APPROXIMATE,
    "Sigma ignores the case of all letters, the rule that of a-z only",
    "Without `cased`, Sigma's comparisons ignore case by Unicode. They also match values that differ in the case of "
    "letters such as ä.",
)

SIG123 = Code(
    "SIG123",
    Effect.NOTE,
    "the rule names no log source; `{found}` is written",
    "A Sigma rule must say which logs it reads. Without a data model for the source, only the name of its table is "
    "known.",
    "give a data model for the source (--source-model), or correct the log source by hand",
)

SIG124 = Code(
    "SIG124",
    Effect.REFUSED,
    "the condition is always {truth}",
    "A Sigma rule that can match no event has no use.",
)

SIG125 = Code(
    "SIG125",
    Effect.APPROXIMATE,
    "a Sigma correlation has one measure; the condition on {column} is left out",
    "The rule compares several columns of its statistics. A Sigma correlation compares one measure with numbers, so "
    "that the others are left out, and more groups alert.",
    "check the other conditions by hand when an alert comes",
)

SIG126 = Code(
    "SIG126",
    Effect.NOTE,
    "the rule takes every event of its log source",
    "Sigma has no word for that: the condition asks for events that a selection matches, or not.",
)

SIG127 = Code(
    "SIG127",
    Effect.APPROXIMATE,
    "only the events are matched: {why}",
    "The rule relates the events that it finds, in a way for which Sigma has no correlation. The rule that is written "
    "matches each of these events by itself.",
    "relate the events by hand, or lower the level of the rule",
)

SIG128 = Code(
    "SIG128",
    Effect.APPROXIMATE,
    "a test is left out: {why}",
    "Beside other tests, the rule has one for which Sigma has no form. The rule that is written matches more events.",
    "add the test by hand, or lower the level of the rule",
)
