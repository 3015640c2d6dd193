"""Facts about fields that decide what a query on them means, as reader and runner both need them.

Most fields of the Elastic Common Schema are of the type `keyword` (or `wildcard`, `constant_keyword`): one value, case
and all. Fields of a text type are cut into words ("Field reference" of ECS: `match_only_text`; Winlogbeat's fields).
Fields that end in `.caseless` are Elastic Defend's, with a normalizer that lower-cases.
"""

from __future__ import annotations

_TEXTS = frozenset({"message", "error.message", "powershell.file.script_block_text"})


def is_analysed(field: str) -> bool:
    """Whether Elasticsearch cuts the values of the field into words."""
    return field in _TEXTS or field.endswith(".text")


def is_caseless(field: str) -> bool:
    """Whether Elasticsearch lower-cases the values of the field."""
    return field.endswith(".caseless")
