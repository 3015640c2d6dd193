"""The linter of transpile as a validator of pySigma."""

from transpile.plugin import LintValidator


class TranspileLintValidator(LintValidator):
    """What `transpile check` finds in a rule."""


__all__ = ["TranspileLintValidator"]
