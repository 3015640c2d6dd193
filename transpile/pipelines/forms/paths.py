"""Paths of which the platform keeps the file name, alone or beside the whole, or a file's extension as its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match
from transpile.ir.match import ANY, Exists, Field, Null, Part, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import PART, Form, Make, not_whole
from transpile.pipelines.forms.reading import read_field, take
from transpile.pipelines.forms.rename import Rename
from transpile.pipelines.leaf import Approximate, Unsupported, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


def read_file(reader: ModelReader, node: Node) -> FileName | PathAndName:
    """`file: {path: field, name: field, extension: field, at: text}`, or `file: name`."""
    if not reader.is_map(node):
        return FileName(read_field(reader, node))
    parts = reader.map(node, ("path", "name", "at", "extension"))
    at = reader.text(parts["at"]) if "at" in parts else "\\"
    name = read_field(reader, take(reader, node, parts, "name"))
    if "path" not in parts:
        return FileName(name, at)
    extension = read_field(reader, parts["extension"]) if "extension" in parts else None
    return PathAndName(read_field(reader, parts["path"]), name, at, extension)


@record
class FileName(Form):
    """Only the file name of a path, what follows its last separator."""

    name: Field
    at: str = "\\"

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        r"""`\net.exe` at the end of a path means a name equal to it."""
        match test:
            case Null() | Exists():
                return on_field(test, self.name, leaf)
            case Pattern():
                if test.shape is Shape.PRESENT:
                    return on_field(test, self.name, leaf)
                if (tail := last_piece(test, self.at)) is not None:
                    return on_field(Pattern(tail, test.case), self.name, leaf)
                if test.shape is Shape.ENDS and self.at not in test.literal:
                    return on_field(test, self.name, leaf)
                last = test.parts[-1] if test.parts else None
                if isinstance(last, str) and self.at in last:
                    name = Pattern.of(last.rpartition(self.at)[2], case=test.case)
                    raise Approximate(on_field(name, self.name, leaf), "only the file name is kept")
            case _:
                pass
        raise Unsupported(codes.MAP004, why="only the file name of the path is kept")

    def fields(self) -> tuple[Field, ...]:
        return (self.name,)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.name.name, name_of(text_of(value), self.at)

    def whole(self) -> StoredColumn:
        raise not_whole(PART)

    def places(self) -> Iterator[tuple[str, FileName]]:
        yield self.name.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """A test of the whole path, which ends in the name."""
        match test:
            case Pattern(shape=Shape.PRESENT):
                return make(test)
            case Pattern(parts) if parts and parts[0] is not ANY:
                # A wildcard in a name stops at no separator when the name is the end of a path.
                if ANY in parts[1:-1] or (parts[-1] is ANY and len(parts) > 1):
                    return self._regex(make, test)
                return make(Pattern.of(ANY, self.at, *parts, case=test.case))
            case Pattern(parts) if parts and parts[0] is ANY and parts[-1] is not ANY and ANY not in parts[1:]:
                # A name that ends so is a path that ends so, if no separator is in the end.
                return make(test) if self.at not in test.literal else None
            case Pattern(parts) if parts:
                return self._regex(make, test)
            case Null():
                return make(test)
            case _:
                return None

    def _regex(self, make: Make, test: Pattern) -> Expr:
        """A name with wildcards, as a regex of the end of a path."""
        separator = re.escape(self.at)
        body = test.render(re.escape, f"[^{separator}]*", f"[^{separator}]")
        start = "" if test.parts[0] is ANY else f"(?:^|{separator})"
        return make(Regex(f"{start}{body}\\z", test.case, dotall=True))


@record
class PathAndName(Form):
    """A whole path in one field and its file name in another, which is the quicker one to ask.

    `extension` is what follows the last dot of the path.
    """

    path: Field
    name: Field
    at: str = "\\"
    extension: Field | None = None

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        r"""`\net.exe` at the end of a path means a name equal to it.

        On Windows a name without a dot may be all there is (`System`), and so it is asked of the path.
        """
        tail = last_piece(test, self.at) if isinstance(test, Pattern) else None
        if isinstance(test, Pattern) and tail is not None and (self.at != "\\" or "." in test.literal):
            return on_field(Pattern(tail, test.case), self.name, leaf)
        if isinstance(test, Pattern) and self.extension and (end := _extension(test, self.at)):
            return on_field(Pattern.of(end, case=test.case), self.extension, leaf)
        return on_field(test, self.path, leaf)

    def fields(self) -> tuple[Field, ...]:
        return (self.path, self.name, self.extension) if self.extension else (self.path, self.name)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        is_name_alone = self.at == "\\" and not set(text) & {self.at, "."}
        yield self.path.name, text
        yield self.name.name, (name := text if is_name_alone else name_of(text, self.at))
        if self.extension and "." in name:
            yield self.extension.name, name.rpartition(".")[2]

    def whole(self) -> StoredColumn:
        return StoredColumn(self.path)

    def places(self) -> Iterator[tuple[str, Rename | FileName | PathAndName]]:
        yield self.path.name, Rename(self.path)
        yield self.name.name, FileName(self.name, self.at)
        if self.extension:
            yield self.extension.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """A test of the extension, as the end of the path."""
        if isinstance(test, Pattern) and test.shape is Shape.EQUALS and not set(test.literal) & {".", self.at}:
            return make(Pattern.of(ANY, "." + test.literal, case=test.case)) if test.literal else None
        return None


@record
class Extension(Form):
    """What follows the last dot of a path that the platform keeps."""

    path: Field

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Extension:
        """`extension: field`."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        one_value = isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.parts
        if isinstance(test, Pattern) and one_value and not set(test.literal) & set("./\\"):
            return on_field(Pattern.of(ANY, "." + test.literal, case=test.case), self.path, leaf)
        raise Unsupported(
            codes.MAP004, why="the platform keeps it as the end of the path, which can only be compared with one value"
        )

    def fields(self) -> tuple[Field, ...]:
        return (self.path,)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if set(text) & set("./\\"):
            raise Unstorable(f"{text!r} is not an extension")
        yield self.path.name, f"file.{text}"

    def whole(self) -> StoredColumn:
        raise not_whole(PART)


def last_piece(test: Pattern, at: str) -> tuple[Part, ...] | None:
    r"""What must equal the file name, if the pattern asks for that alone: `*\net.exe`."""
    match test.parts:
        case (first, str(text)) if first is ANY and text.startswith(at) and text.count(at) == 1 and len(text) > len(at):
            return (text[len(at) :],)
        case _:
            return None


def _extension(test: Pattern, at: str) -> str:
    """What must equal the extension, if the pattern asks for that alone: `*.exe`; else nothing."""
    match test.parts:
        case (first, str(text)) if first is ANY and text.startswith(".") and text.count(".") == 1 and at not in text:
            return text[1:]
        case _:
            return ""


def name_of(path: str, at: str) -> str:
    """The file name at the end of a path. Raises `Unstorable`."""
    _, found, name = path.rpartition(at)
    if not found or not name:
        raise Unstorable(f"{path!r} does not end in {at!r} and a file name")
    return name
