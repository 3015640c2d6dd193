"""`LNT`: what the linter looks for. The table from which docs/lint.md and `transpile codes` are made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transpile.codes import codes_of
from transpile.lint.codes import conditions, correlations, logsource, metadata, sets, tags, values
from transpile.lint.codes.row import LintCode

MODULES = (metadata, tags, logsource, values, conditions, sets, correlations)
CODES: Mapping[str, LintCode] = MappingProxyType(
    {code.id: code for module in MODULES for code in codes_of(module) if isinstance(code, LintCode)}
)

__all__ = ["CODES", "MODULES", "LintCode"]
