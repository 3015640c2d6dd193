"""Sysmon's list of hashes, `MD5=...,SHA256=...`: as a column for each algorithm, or as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, ONE, Exists, Field, Null, Pattern, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import PART, Form, Make, OneField, not_whole
from transpile.pipelines.forms.reading import read_field
from transpile.pipelines.leaf import Approximate, Unsupported, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node

# By the number of hexadecimal digits, for tests; by algorithm, for events.
BY_LENGTH: Mapping[int, tuple[str, ...]] = MappingProxyType({32: ("MD5", "IMPHASH"), 40: ("SHA1",), 64: ("SHA256",)})
DIGITS: Mapping[str, int] = MappingProxyType({"MD5": 32, "SHA1": 40, "SHA256": 64, "IMPHASH": 32})


@record
class Hashes(Form):
    """Sysmon's list of hashes as one field for each algorithm; keys are upper-case."""

    columns: Mapping[str, Field]

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Hashes:
        """`hashes: {MD5: field, SHA256: field}`."""
        return cls(MappingProxyType({key.upper(): read_field(reader, value) for _, key, value in reader.pairs(node)}))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """`MD5=...` or the digest alone, whose length tells the algorithm."""
        match test:
            case Null():
                return And(tuple(on_field(test, column, leaf) for column in self.columns.values()))
            case Pattern(parts) if len(texts := [part for part in parts if isinstance(part, str)]) == 1:
                return self._one(test, texts[0], leaf)
            case Pattern() if test.shape is Shape.PRESENT:
                return Or(tuple(on_field(test, column, leaf) for column in self.columns.values()))
            case _:
                raise Unsupported(codes.MAP004, why="it is kept as one field for each algorithm")

    def _one(self, test: Pattern, text: str, leaf: Match) -> Expr:
        """A test of one hash in the list. Raises `Approximate` where the test tells its place in the list."""
        first, last = test.parts[0], test.parts[-1]
        algorithm, given, digest = text.rpartition("=")
        digest = digest.rstrip(",")
        if not re.fullmatch("[0-9A-Fa-f]+", digest) or first is ONE or last is ONE:
            raise Unsupported(codes.MAP004, why="it is kept as one field for each algorithm, and this is not a digest")
        of_length = BY_LENGTH.get(len(digest), ())
        algorithms = (algorithm.lstrip(",").upper(),) if given else of_length
        whole = any(algorithm in of_length for algorithm in algorithms)
        columns = [self.columns[one] for one in algorithms if one in self.columns]
        if not columns:
            raise Unsupported(codes.MAP004, why=f"the platform keeps only {', '.join(self.columns)}")
        if not whole and last is not ANY:
            raise Unsupported(codes.MAP004, why="this is only a part of a digest")
        value = Pattern.of(digest, case=test.case) if whole else Pattern.of(digest, ANY, case=test.case)
        sought = Or(tuple(on_field(value, column, leaf) for column in columns))
        if first is not ANY or last is not ANY:
            raise Approximate(sought, "its position in the list of hashes is not known")
        return sought

    def fields(self) -> tuple[Field, ...]:
        return tuple(self.columns.values())

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        kept = [(self.columns[one].name, digest) for one, digest in _digests(text) if one in self.columns]
        if not kept:
            raise Unstorable(f"{text!r} has no hash that the platform keeps")
        yield from kept

    def whole(self) -> StoredColumn:
        raise not_whole(PART)

    def places(self) -> Iterator[tuple[str, Digest]]:
        for algorithm, column in self.columns.items():
            yield column.name, Digest(column, algorithm)


@record
class Digest(OneField):
    """One hash in Sysmon's list of them, which the platform keeps as it is."""

    algorithm: str

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        there = Pattern.of(ANY, f"{self.algorithm}=", ANY)
        match test:
            case Null():
                return Not(on_field(there, self.field, leaf))
            case Exists():
                return on_field(there, self.field, leaf)
            case Pattern() if test.shape is Shape.PRESENT:
                return on_field(there, self.field, leaf)
            case Pattern((str(text), *rest)) if re.fullmatch("[0-9A-Fa-f]+", text) and rest in ([], [ANY]):
                if not rest and self.algorithm not in BY_LENGTH.get(len(text), ()):
                    raise Unsupported(codes.MAP004, why=f"this is no {self.algorithm} digest")
                return on_field(Pattern.of(ANY, f"{self.algorithm}={text}", ANY, case=test.case), self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why="it is one of a list, where only the beginning of a digest can be sought"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if not re.fullmatch("[0-9A-Fa-f]+", text) or len(text) != DIGITS[self.algorithm]:
            raise Unstorable(f"{text!r} is not a digest of {self.algorithm}")
        yield self.field.name, f"{self.algorithm}={text}"

    def whole(self) -> StoredColumn:
        raise not_whole(PART)

    def invert(self, make: Make, test: Test) -> Expr | None:
        if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.parts:
            return make(Pattern.of(ANY, f"{self.algorithm}={test.literal}", ANY, case=test.case))
        return None


def _digests(text: str) -> Iterator[tuple[str, str]]:
    """The algorithms and digests of a list of hashes. Raises `Unstorable`."""
    found = re.findall(r"(?:^|,)(MD5|SHA1|SHA256|IMPHASH)=([0-9A-F]+)(?=,|$)", text, re.I)
    if text.count("=") != len(found) or any(len(digest) != DIGITS[name.upper()] for name, digest in found):
        raise Unstorable(f"{text!r} is not a list of hashes")
    for algorithm, digest in found:
        yield algorithm.upper(), digest
