"""How single values are stored: numbers, texts, paths, hashes and registry data; the event side of forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from transpile.ir.match import Field, FieldType, Pattern
from transpile.pipelines.forms import RegistryData, RegistryStrings
from transpile.pipelines.leaf import is_address


class Outside(ValueError):
    """The platform cannot hold this event of this log source: a value is not of the form that it keeps."""


def bare_number(text: str) -> str:
    """Registry data as Sysmon spells it, a number without its type."""
    if number := re.fullmatch(r"DWORD \((0x[0-9a-f]{8})\)", text, re.IGNORECASE):
        return number[1]
    if re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is not told from a number, or how it is spelled is not known")
    return text


def registry_data(text: str, how: RegistryData) -> Iterator[tuple[str, Any]]:
    """Registry data as Sysmon spells it, in decimal digits and with the name of its type."""
    number = re.fullmatch(r"DWORD \(0x([0-9a-f]{8})\)|QWORD \(0x([0-9a-f]{8})-0x([0-9a-f]{8})\)", text, re.IGNORECASE)
    if number and number[1]:
        yield how.data.name, str(int(number[1], 16))
        yield how.type.name, how.dword
    elif number:
        yield how.data.name, str(int(number[2] + number[3], 16))
        yield how.type.name, how.qword
    elif text.casefold() == "binary data":
        yield how.type.name, how.binary
    elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is a number in no spelling of Sysmon's")
    else:
        yield how.data.name, "" if text.casefold() == "(empty)" else text
        yield how.type.name, how.text


def registry_strings(text: str, how: RegistryStrings) -> Iterator[tuple[str, Any]]:
    """Registry data as Sysmon spells it, as Elastic's pipeline keeps it: numbers in decimal digits."""
    number = re.fullmatch(r"DWORD \(0x([0-9a-f]{8})\)", text, re.IGNORECASE)
    if number:
        yield how.data.name, [str(int(number[1], 16))]
        yield how.type.name, "SZ_DWORD"
    elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is a number in no spelling of Sysmon's, or a long one")
    else:
        yield how.data.name, [text]
        yield how.type.name, "REG_SZ"


def as_typed(value: Any, field: Field) -> Any:
    """A value as a column of this type holds it."""
    match field.type:
        case FieldType.NUMBER if isinstance(value, str):
            number = Pattern.of(value).as_number()
            if number is None:
                raise Outside(f"{field.name} holds numbers, not {value!r}")
            value = number
        case FieldType.BOOLEAN if isinstance(value, str):
            if value.casefold() not in ("true", "false"):
                raise Outside(f"{field.name} is true or false, not {value!r}")
            value = value.casefold() == "true"
        case FieldType.IP if isinstance(value, str) and not is_address(value):
            raise Outside(f"{field.name} holds addresses, not {value!r}")
        case FieldType.STRING | FieldType.ENUM:
            value = text_of(value)
        case _:
            pass
    return [value] if field.repeated else value


def text_of(value: Any) -> str:
    """A value as text; truth in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def name_of(path: str, at: str) -> str:
    """The file name at the end of a path. Raises `Outside`."""
    _, found, name = path.rpartition(at)
    if not found or not name:
        raise Outside(f"{path!r} does not end in {at!r} and a file name")
    return name


def replaced(text: str, table: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """A path with pieces spelled as the platform does. Raises `Outside`."""
    spelled = {old.casefold(): new for old, new in table}
    pieces = [spelled.get(piece.casefold(), (piece,)) for piece in text.split("\\")]
    if not all(pieces):
        raise Outside(f"how the platform spells {text!r} is not known")
    return "\\".join(new[0] for new in pieces)


DIGITS: Mapping[str, int] = {"MD5": 32, "SHA1": 40, "SHA256": 64, "IMPHASH": 32}  # hexadecimal, of each algorithm


def digests(text: str) -> Iterator[tuple[str, str]]:
    """The algorithms and digests of a list of hashes. Raises `Outside`."""
    found = re.findall(r"(?:^|,)(MD5|SHA1|SHA256|IMPHASH)=([0-9A-F]+)(?=,|$)", text, re.I)
    if text.count("=") != len(found) or any(len(digest) != DIGITS[name.upper()] for name, digest in found):
        raise Outside(f"{text!r} is not a list of hashes")
    for algorithm, digest in found:
        yield algorithm.upper(), digest
