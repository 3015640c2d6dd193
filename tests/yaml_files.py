"""YAML files of cases, read by libyaml: the reader in Python takes ten times as long, at every start of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The one document of a file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)


def read_beside(module: str, name: str) -> Any:
    """The one document of the file of this name beside a test module."""
    return read_yaml(Path(module).with_name(name))
