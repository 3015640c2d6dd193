"""Find the project file, read it with environment variables over it, and say what holds for each command."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from transpile.project.keys import COMMAND_TABLES, DATA_TABLES, DEPLOY_SECTIONS, KEYS, TABLES, Key, Takes
from transpile.record import record

FILE = "transpile.toml"
NAMED = "TRANSPILE_CONFIG"  # names the file to use; empty for none
PREFIX = "TRANSPILE_"
WHERE_IT_SERVES = "?"  # behind a data model's name: for the languages that it is for, if any of them is asked for
_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_WANTED = {Takes.TEXT: "a text", Takes.PATH: "a path", Takes.TRUTH: "true or false", Takes.NUMBER: "a number from 1"}


class ProjectError(ValueError):
    """The project file or a variable cannot be used; the message says where, and what would be right."""


@record
class Held:
    """A key with the value that holds, and where it is from: a line of the file, or a variable."""

    key: Key
    value: Any
    origin: str
    table: str = ""


@record
class Project:
    """What holds by file and environment. `tables` are the sections of the file that their own rooms read."""

    path: Path | None = None
    held: tuple[Held, ...] = ()
    tables: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def options(self, command: str) -> dict[str, Any]:
        """The parameters of a command that the project gives."""
        found: dict[str, Any] = {}
        for one in self.held:
            if command in one.key.commands:
                value = one.value
                if one.key.name == "models":
                    value = [name + WHERE_IT_SERVES for name in value]
                found[one.key.option] = value
        return found


def find(start: Path | None = None) -> Path | None:
    """The project file: that of `TRANSPILE_CONFIG`, else the nearest at or above a folder (the current one)."""
    if (named := os.environ.get(NAMED)) is not None:
        return Path(named) if named else None
    here = Path.cwd() if start is None else start.resolve()
    return next((one / FILE for one in (here, *here.parents) if (one / FILE).is_file()), None)


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Project:
    """What a file (the one that is found, by default) and the environment say. Raises `ProjectError`."""
    path = find() if path is None else path
    held: dict[tuple[str, str], Held] = {}
    tables: Mapping[str, Any] = _NOTHING
    if path is not None:
        tables = _File(path).read()
        for one in _File(path).held(tables):
            held[one.table, one.key.name] = one
    for one in _variables(os.environ if environment is None else environment):
        held[one.table, one.key.name] = one
    return Project(path, tuple(held.values()), tables)


def variables() -> Iterator[tuple[str, str, Key]]:
    """The environment variable of each key: its name, the key's table, and the key."""
    yield from ((PREFIX + key.name.upper(), "", key) for key in KEYS.values())
    for table, keys in COMMAND_TABLES.items():
        yield from ((f"{PREFIX}{table}_{key.name}".upper(), table, key) for key in keys.values())


def _variables(environment: Mapping[str, str]) -> Iterator[Held]:
    for name, table, key in variables():
        if (text := environment.get(name)) is not None:
            yield Held(key, _parsed(name, key, text), name, table)


def _parsed(name: str, key: Key, text: str) -> Any:
    """The value of a variable."""
    match key.kind:
        case Takes.NAMES | Takes.PATHS | Takes.NAMES_OR_PATHS:
            return [part.strip() for part in text.split(",") if part.strip()]
        case Takes.TRUTH:
            if text.lower() not in _TRUTHS:
                raise ProjectError(f"{name}: expected true or false, not {text!r}")
            return _TRUTHS[text.lower()]
        case Takes.NUMBER:
            if not text.isdigit():
                raise ProjectError(f"{name}: expected a number, not {text!r}")
            return int(text)
        case _:
            if key.choices and text not in key.choices:
                raise ProjectError(f"{name}: expected one of {', '.join(key.choices)}, not {text!r}")
            return text


class _File:
    """A project file while it is read: its text, to tell the line of what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = os.path.relpath(path)
        self.lines: list[str] = []

    def read(self) -> Mapping[str, Any]:
        """The file as tables."""
        import tomllib

        try:
            text = self.path.read_text(encoding="utf-8-sig")
            self.lines = text.splitlines()
            return tomllib.loads(text)
        except OSError as error:
            raise ProjectError(f"{self.shown}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ProjectError(f"{self.shown}: not UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise self.wrong_toml(str(error)) from None

    def held(self, content: Mapping[str, Any]) -> Iterator[Held]:
        """What the file says of known keys; raises `ProjectError` for any other."""
        self.lines = self.path.read_text(encoding="utf-8-sig").splitlines()
        for name, value in content.items():
            if name in TABLES:
                yield from self._table(name, value)
            elif (key := KEYS.get(name)) is not None:
                yield Held(key, self._checked(key, value, ""), self._place(name, ""))
            else:
                raise self._unknown(name, "", [*KEYS, *TABLES])

    def _table(self, table: str, body: Any) -> Iterator[Held]:
        if not isinstance(body, Mapping):
            raise self._wrong(table, "", f"`{table}` must be a table: write it as [{table}]")
        known = COMMAND_TABLES.get(table, {})
        names: Sequence[str] = (*known, *(DEPLOY_SECTIONS if table == "deploy" else DATA_TABLES.get(table, ())))
        for name, value in body.items():
            if table == "lint":
                continue
            if name not in names:
                raise self._unknown(name, table, names)
            if name in known:
                yield Held(known[name], self._checked(known[name], value, table), self._place(name, table), table)
            elif table in DATA_TABLES and not _is_texts(value):
                raise self._wrong(name, table, f"`{name}` must be a list of names")

    def _checked(self, key: Key, value: Any, table: str) -> Any:
        """The value as the command's option takes it."""
        good = {
            Takes.TRUTH: isinstance(value, bool),
            Takes.NUMBER: isinstance(value, int) and not isinstance(value, bool) and value > 0,
            Takes.TEXT: isinstance(value, str),
            Takes.PATH: isinstance(value, str),
        }.get(key.kind, isinstance(value, str) or _is_texts(value))
        if not good:
            wanted = _WANTED.get(key.kind, "a list of texts")
            raise self._wrong(key.name, table, f"`{key.name}` must be {wanted}")
        if key.choices and value not in key.choices:
            raise self._wrong(key.name, table, f"`{key.name}` must be one of {', '.join(key.choices)}")
        match key.kind:
            case Takes.PATH:
                return self._path(value)
            case Takes.PATHS:
                return [self._path(one) for one in _listed(value)]
            case Takes.NAMES_OR_PATHS:
                return [self._path(one) if (self.path.parent / one).is_file() else one for one in _listed(value)]
            case Takes.NAMES:
                return _listed(value)
            case _:
                return value

    def _path(self, text: str) -> str:
        """A path of the file as one from the current folder; globs and all."""
        return text if text == "-" else os.path.relpath(self.path.parent / text)

    def _place(self, name: str, table: str) -> str:
        line = self._line(name, table)
        return f"{self.shown}:{line}" if line else self.shown

    def _line(self, name: str, table: str) -> int:
        """The line, from 1, at which a key of a table is; 0 if it is not found, as in an inline table."""
        inside = ""
        for number, line in enumerate(self.lines, start=1):
            if found := re.match(r"""\s*\[\s*["']?([\w-]+)""", line):
                inside = found[1]
                if name == inside and not table:
                    return number
            if inside == table and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]""", line):
                return number
        return 0

    def _unknown(self, name: str, table: str, known: Sequence[str]) -> ProjectError:
        near = get_close_matches(name, known, n=1)
        guess = f"; did you mean `{near[0]}`?" if near else f"; expected one of {', '.join(known)}"
        return self._wrong(name, table, f"unknown key `{name}`{f' in [{table}]' if table else ''}{guess}")

    def _wrong(self, name: str, table: str, message: str) -> ProjectError:
        number = self._line(name, table)
        if not number:
            return ProjectError(f"{self.shown}: {message}")
        line = self.lines[number - 1]
        column = max(line.find(name), 0)
        caret = f"{' ' * column}{'^' * max(len(name), 1)}"
        return ProjectError(f"{self.shown}:{number}:{column + 1}: {message}\n    {line}\n    {caret}")

    def wrong_toml(self, message: str) -> ProjectError:
        """What tomllib says, with the line."""
        found = re.search(r"(.*?) \(at line (\d+), column (\d+)\)", message)
        if not found:
            return ProjectError(f"{self.shown}: not TOML: {message}")
        number, column = int(found[2]), int(found[3])
        line = self.lines[number - 1] if number <= len(self.lines) else ""
        place = f"{self.shown}:{number}:{column}"
        return ProjectError(f"{place}: not TOML: {found[1]}\n    {line}\n    {' ' * (column - 1)}^")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
