"""A linter for Sigma: what pySigma's validators and other linters look for, offline, each finding with its place."""

from __future__ import annotations

from transpile.lint.fix import Fixed, fix_files, fix_text
from transpile.lint.load import load_settings
from transpile.lint.run import CHECKS, Finding, Linted, lint_files, lint_source, lint_text
from transpile.lint.settings import DEFAULTS, Settings, SettingsError, parse_settings

__all__ = [
    "CHECKS",
    "DEFAULTS",
    "Finding",
    "Fixed",
    "Linted",
    "Settings",
    "SettingsError",
    "fix_files",
    "fix_text",
    "lint_files",
    "lint_source",
    "lint_text",
    "load_settings",
    "parse_settings",
]
