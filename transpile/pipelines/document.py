"""A YAML file as nodes that know their place, and readers that complain with line and column.

Every value in a model is text, a list or a map; what YAML would guess of `true` or `0x1f` is left as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without libyaml: slower, the same result
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

Node = yaml.Node


class ModelError(ValueError):
    """A data model cannot be used; the message begins with the file, the line and the column."""


def compose(path: Path) -> Node:
    """The file's one YAML document. Raises `ModelError` if it cannot be read, is not YAML, or holds nothing."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader)
    except (OSError, UnicodeError) as error:
        raise ModelError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ModelError(f"{where}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ModelError(f"{path}: not valid YAML: {error}") from error
    if node is None:
        raise ModelError(f"{path}: the file is empty")
    return node


class ModelReader:
    """Reads the nodes of one file; each method raises `ModelError` where the node is not what it should be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.name

    def fail(self, node: Node, message: str) -> NoReturn:
        """Raise `ModelError` at a node."""
        mark = node.start_mark
        raise ModelError(f"{self.path}:{mark.line + 1}:{mark.column + 1}: {message}")

    def is_map(self, node: Node) -> bool:
        """Whether the node is a map."""
        return isinstance(node, yaml.MappingNode)

    def text(self, node: Node) -> str:
        """A plain value."""
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "expected a plain value")
        value: str = node.value
        return value

    def words(self, node: Node) -> list[str]:
        """Words of a plain value, or the plain values of a list."""
        return (
            self.text(node).split() if isinstance(node, yaml.ScalarNode) else [self.text(n) for n in self.items(node)]
        )

    def values(self, node: Node) -> list[str]:
        """A plain value, or a list of them."""
        return [self.text(item) for item in self.items(node)]

    def items(self, node: Node) -> list[Node]:
        """The members of a list; anything else as a list of its own."""
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def pairs(self, node: Node) -> Iterator[tuple[Node, str, Node]]:
        """Key node, key and value of a map, in order; a key that is there twice is an error."""
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, "expected a map of names to values")
        seen: set[str] = set()
        for key_node, value in node.value:
            key = self.text(key_node)
            if key in seen:
                self.fail(key_node, f"{key!r} is defined twice here")
            seen.add(key)
            yield key_node, key, value

    def map(self, node: Node, known: Iterable[str] = ()) -> dict[str, Node]:
        """A map; with `known`, any other key is an error that names the nearest."""
        known = tuple(known)
        found = {}
        for key_node, key, value in self.pairs(node):
            if known and key not in known:
                self.fail(key_node, f"unknown key {key!r}{did_you_mean(key, known)}")
            found[key] = value
        return found


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x' or 'y'?` for the nearest names, or all the names there are if none is near.

    >>> did_you_mean("feilds", ["fields", "where"])
    "; did you mean 'fields'?"
    """
    near = get_close_matches(name, known := sorted(known), 3, 0.6)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= 20 else ""
