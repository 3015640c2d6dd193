"""Settings from a file: the `[lint]` table of a project file, or a validation file of pySigma."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

from transpile.lint.pysigma import parse_pysigma
from transpile.lint.settings import LintSettings, LintSettingsError, parse_settings


def load_settings(path: Path) -> LintSettings:
    """The settings in a file: TOML with a `[lint]` table, or pySigma's YAML. Raises `LintSettingsError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() in (".yml", ".yaml"):
            return parse_pysigma(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        table = tomllib.loads(text).get("lint", {})
    except (OSError, ValueError, yaml.YAMLError) as error:
        if isinstance(error, LintSettingsError):
            raise LintSettingsError(f"{path}: {error}") from None
        raise LintSettingsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(table, dict):
        raise LintSettingsError(f"{path}: `lint` must be a table")
    try:
        return parse_settings(table)
    except LintSettingsError as error:
        raise LintSettingsError(f"{path}: {error}") from None
