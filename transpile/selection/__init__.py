"""Which rules a command is about: a condition on what a rule says of itself, and ids."""

from transpile.selection.choose import ALL, Selection, read_ids, select

__all__ = ["ALL", "Selection", "read_ids", "select"]
