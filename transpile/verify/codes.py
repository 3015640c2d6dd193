"""`RUN`: running and verifying."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

RUN001 = Code(
    "RUN001",
    Effect.REFUSED,
    "the query was run and does not mean the rule: {reason}",
    "With `--verify` each query is run on events made from its rule, and one that disagrees with the rule on "
    "any "
    "of them is not written. `transpile verify` shows the event. This is a mistake of transpile's, not the "
    "rule's.",
    "please report it with the rule",
)

RUN002 = Code(
    "RUN002",
    Effect.NOTE,
    "the query could not be proven: {reason}",
    "With `--verify` each query is run on events made from its rule. Nothing was found against this one, but "
    "something kept it from being put to the full test, such as behaviour that the language does not document.",
)
