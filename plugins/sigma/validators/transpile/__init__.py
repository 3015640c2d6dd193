"""The linter of transpile as a validator of pySigma."""

from transpile.plugin import LintValidator


class TranspileLintValidator(LintValidator):
    """What `transpile check` finds in a rule."""


validators = {"transpile_lint": TranspileLintValidator}

__all__ = ["TranspileLintValidator"]
