"""A strict checker of rule texts: what Google documents that its compiler rejects, and `and` mixed with `or`."""

from transpile.dialects.yaral.check.rule import Problem, problems

__all__ = ["Problem", "problems"]
