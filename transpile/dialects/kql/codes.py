"""`KQL`: Kusto KQL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

KQL001 = Code(
    "KQL001",
    Effect.REFUSED,
    "Kusto cannot run this regex: {reason}",
    "Kusto's regular expressions are those of Rust: no lookaround, no backreferences, no possessive or atomic "
    "groups, at most 16 capturing groups.",
    "say the same with `contains`, `startswith`, `endswith` or without lookaround",
)

KQL002 = Code(
    "KQL002",
    Effect.APPROXIMATE,
    "a Kusto column cannot tell {field} without a value from a missing one",
    "String columns hold no null: a missing value is the empty string. A test for an empty value, or a regex "
    "that "
    "matches one, is therefore met by rows without a value too; a test that the field is present is said as "
    "`isnotempty`, which a value that is present but empty fails.",
)

KQL003 = Code(
    "KQL003",
    Effect.REFUSED,
    "the {type} column {field} cannot be compared like this",
    "The data model says that the column holds truth values or timestamps. Their text in Kusto is not that of "
    "the "
    "original event, so patterns, regexes and orderings of numbers have no exact meaning there.",
)

KQL004 = Code(
    "KQL004",
    Effect.REFUSED,
    "no predicate of Kusto's says this of some member of the list in {field}",
    "Members of a dynamic array can be compared with strings and patterns within `where`. A regex, a network, "
    "an "
    "ordering or another field would need the rows to be expanded first (`mv-apply`).",
)

KQL005 = Code(
    "KQL005",
    Effect.APPROXIMATE,
    "a Kusto string column cannot tell an empty {other} from a missing one, so two empty values do not match",
    "A field reference holds between two values that are present. As a missing value is an empty string in "
    "Kusto, "
    "rows in which the other field is empty are left out, though one empty string equals another.",
)
