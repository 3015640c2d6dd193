"""How a field may be stored: a closed union, `How`, and the conditions that tell events.

`rewrites` says what each form does to a test, `events` what to a value of an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from transpile.ir.expr import Expr
from transpile.ir.match import Field


@dataclass(frozen=True, slots=True)
class Rename:
    """The same value under another name."""

    field: Field


@dataclass(frozen=True, slots=True)
class Values:
    """The same value but for some, which the platform spells otherwise; keys are case-folded."""

    field: Field
    table: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cases:
    """A field with few values, each told on the platform by conditions on other fields; keys are case-folded."""

    table: Mapping[str, Conditions]


@dataclass(frozen=True, slots=True)
class Split:
    """`head + at + tail` in two fields, parted at the last `at`: a domain and a user, a registry key and a value.

    Unless `always`, a value without `at` is all tail. With `whole`, a value may also be kept whole in the head with
    nothing in the tail: a registry key of which no value is told.
    """

    head: How
    tail: How
    at: str = "\\"
    always: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class FileName:
    """Only the file name of a path, what follows its last separator."""

    name: Field
    at: str = "\\"


@dataclass(frozen=True, slots=True)
class PathAndName:
    """A whole path in one field and its file name in another, which is the quicker one to ask."""

    path: Field
    name: Field
    at: str = "\\"


@dataclass(frozen=True, slots=True)
class Extension:
    """What follows the last dot of a path that the platform keeps."""

    path: Field


@dataclass(frozen=True, slots=True)
class Prefixed:
    """The same value with a piece of text before it, which is always the same."""

    field: Field
    prefix: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The same value with a piece of text behind it, which is always the same."""

    field: Field
    ending: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The same value; where there is none, the platform puts a word (`unknown`).

    With `bare`, registry data whose numbers lack their type: `0x00000001` for `DWORD (0x00000001)`.
    """

    field: Field
    word: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """The same value, as it is or behind another piece of text that ends so: `v1.compute` for `compute`."""

    field: Field
    at: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The same value, as it is or in single quotes: an attribute of XML by versions of an add-on."""

    field: Field


@dataclass(frozen=True, slots=True)
class Element:
    """One of the elements of this tag in a text of XML, of which the platform takes none apart."""

    field: Field
    tag: str


@dataclass(frozen=True, slots=True)
class Inside:
    """A piece of a longer text, such as the message of an event."""

    field: Field


class Piece(Enum):
    """A part of a URL. The path is all before the query: for URLs without scheme and host, as web servers log them."""

    PATH = "path"
    QUERY = "query"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class UrlPart:
    """A part of a URL that the platform keeps only as a whole."""

    url: Field
    piece: Piece


@dataclass(frozen=True, slots=True)
class RegistryData:
    """Registry data as Sysmon spells it (`DWORD (0x00000001)`), kept in decimal digits beside the name of its type."""

    data: Field
    type: Field
    text: str
    dword: str
    qword: str
    binary: str


@dataclass(frozen=True, slots=True)
class Hashes:
    """Sysmon's `MD5=...,SHA256=...` as one field for each algorithm; keys are upper-case."""

    columns: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Replace:
    """The same value with some pieces between backslashes spelled otherwise: registry roots.

    Each piece has the spellings that the platform's sources use, the usual one first; one without any has no known
    spelling.
    """

    field: Field
    table: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class RegistryStrings:
    """Registry data as a list of texts: a number in decimal digits or as `0x00000001`, beside the name of its type."""

    data: Field
    type: Field


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of rights, `%%4416 %%4417`, as a list of bare numbers, or as the event spells them."""

    field: Field


@dataclass(frozen=True, slots=True)
class Digest:
    """One hash in Sysmon's list of them, `MD5=...,SHA256=...`, which the platform keeps as it is."""

    field: Field
    algorithm: str


@dataclass(frozen=True, slots=True)
class Hex:
    """`0x3e7` as the number 999."""

    field: Field


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The value is in one of several places; with `first`, in the first of them whose type can hold it."""

    options: tuple[How, ...]
    first: bool = False


@dataclass(frozen=True, slots=True)
class Fixed:
    """The log source itself says the value; nothing on the platform repeats it."""

    value: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform does not record it, and why."""

    reason: str


How = (
    Rename
    | Values
    | Cases
    | Split
    | FileName
    | PathAndName
    | Extension
    | Prefixed
    | Ended
    | Filled
    | Behind
    | Quoted
    | Element
    | Inside
    | UrlPart
    | Hashes
    | RegistryData
    | RegistryStrings
    | Codes
    | Digest
    | Replace
    | Hex
    | AnyOf
    | Fixed
    | Absent
)


class Condition(NamedTuple):
    """The field has one of these values, or of several conditions one holds.

    Of alternatives, `field`, `values` and `more` tell the first: an event that says nothing else is stored so. Without
    values, the field has none of those that `expr` excludes.
    """

    field: Field
    values: tuple[str | int | bool, ...]
    expr: Expr  # the same as an expression
    more: tuple[Condition, ...] = ()


Conditions = tuple[Condition, ...]
