"""The modifiers of Sigma 2.1: pySigma's, and ours where pySigma's differ from the specification.

Ours are for:
- `contains`, `startswith`, `endswith` on a regex: a regex searches, so `contains` adds nothing and the others anchor;
- `cased`: it holds for references to fields too;
- `wide`, `utf16le`, `utf16be`, `utf16`: true bytes, for text beyond ASCII and with the byte order mark;
- `base64`, `base64offset`: the bytes of the text itself (pySigma escapes `*`, and counts characters);
- `windash`: en dash, em dash and horizontal bar are dashes in the rule too; the case of `cased` stays;
- `re`, `cidr`, `exists`: `all` and `neq` may precede them;
- `re`: PCRE's syntax need not be Python's; `cidr`: host bits do no harm; `fieldref`: `\\*` in a name is a star.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from itertools import product
from types import MappingProxyType
from typing import Any

from sigma.exceptions import SigmaValueError
from sigma.modifiers import (
    SigmaAllModifier,
    SigmaBase64Modifier,
    SigmaBase64OffsetModifier,
    SigmaCaseSensitiveModifier,
    SigmaCIDRModifier,
    SigmaContainsModifier,
    SigmaEndswithModifier,
    SigmaExistsModifier,
    SigmaExpandModifier,
    SigmaFieldReferenceModifier,
    SigmaModifier,
    SigmaNegateModifier,
    SigmaRegularExpressionModifier,
    SigmaStartswithModifier,
    SigmaUTF16BEModifier,
    SigmaUTF16Modifier,
    SigmaWideModifier,
    SigmaWindowsDashModifier,
    modifier_mapping,
)
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from transpile.codes import Code
from transpile.dialects.sigma import codes

MOST_FORMS = 10_000  # that the values of an item may have after windash, or one value by its placeholders
DASHES = "-/\u2013\u2014\u2015"
DASH = re.compile(rf"\B[{DASHES}]\b")
_ANY = SpecialChars.WILDCARD_MULTI
_LINKING = (SigmaAllModifier, SigmaNegateModifier)

Modifier = type[SigmaModifier[Any, Any]]
_Matched = SigmaString | SigmaRegularExpression | SigmaFieldReference


class Problem(SigmaValueError):
    """Something wrong with a value: a code of the table of diagnostics with its facts."""

    def __init__(self, code: Code, **facts: Any) -> None:
        super().__init__(code.id)
        self.code = code
        self.facts = facts


class Bytes(SigmaString):
    """Encoded text: each character of it stands for a byte."""


def string(parts: list[Any], like: SigmaString | None = None) -> SigmaString:
    """A pySigma string of these parts, neighbouring text joined; cased or not as the one it is made from."""
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    made = type(like)() if like is not None else SigmaString()
    made.s = joined
    return made


def regex(pattern: SigmaString, flags: set[SigmaRegularExpressionFlag]) -> SigmaRegularExpression:
    """A regex without the test whether Python could compile it."""
    made = SigmaRegularExpression.__new__(SigmaRegularExpression)
    made.regexp, made.flags = pattern, flags
    return made


def around(val: SigmaString, before: bool, after: bool) -> SigmaString:
    """The string with wildcards in front and behind, where there are none yet."""
    parts = val.s
    if before and not (parts and parts[0] is _ANY):
        parts = [_ANY, *parts]
    if after and not (parts and parts[-1] is _ANY):
        parts = [*parts, _ANY]
    return string(parts, like=val)


def _anchored(val: SigmaRegularExpression, before: str, after: str) -> SigmaRegularExpression:
    """The regex bound to an end of the value."""
    if SigmaRegularExpressionFlag.MULTILINE in val.flags:
        raise SigmaValueError("with the flag m, a regex is bound to lines and not to the value")
    return regex(string([before, "(?:", *val.regexp.s, ")", after]), val.flags)


class _Contains(SigmaContainsModifier):
    def modify(self, val: _Matched) -> _Matched:
        if isinstance(val, SigmaString):
            return around(val, True, True)
        return val if isinstance(val, SigmaRegularExpression) else super().modify(val)


class _Startswith(SigmaStartswithModifier):
    def modify(self, val: _Matched) -> _Matched:
        if isinstance(val, SigmaString):
            return around(val, False, True)
        return _anchored(val, "^", "") if isinstance(val, SigmaRegularExpression) else super().modify(val)


class _Endswith(SigmaEndswithModifier):
    def modify(self, val: _Matched) -> _Matched:
        if isinstance(val, SigmaString):
            return around(val, True, False)
        return _anchored(val, "", "$") if isinstance(val, SigmaRegularExpression) else super().modify(val)


class Cased(SigmaCaseSensitiveModifier):
    """`cased`; a detection item that has it is lifted to cased tests, whatever its values became since."""

    def modify(self, val: SigmaString | SigmaFieldReference) -> Any:
        """The string as pySigma's cased one; anything else as it is."""
        return super().modify(val) if type(val) is SigmaString else val


def _encode(val: SigmaString, encoding: str, mark: bytes = b"") -> SigmaString:
    parts = [part.encode(encoding).decode("latin-1") if isinstance(part, str) else part for part in val.s]
    return string([mark.decode("latin-1"), *parts], like=Bytes())


class _Wide(SigmaWideModifier):
    def modify(self, val: SigmaString) -> SigmaString:
        return _encode(val, "utf-16-le")


class _Utf16Be(SigmaUTF16BEModifier):
    def modify(self, val: SigmaString) -> SigmaString:
        return _encode(val, "utf-16-be")


class _Utf16(SigmaUTF16Modifier):
    def modify(self, val: SigmaString) -> SigmaString:
        return _encode(val, "utf-16-le", mark=b"\xff\xfe")


def _bytes(val: SigmaString) -> bytes:
    """The bytes of a string that has neither wildcards nor placeholders."""
    if not all(isinstance(part, str) for part in val.s):
        raise SigmaValueError("Base64 needs the whole value, without wildcards and placeholders")
    text = "".join(part for part in val.s if isinstance(part, str))
    return text.encode("latin-1" if isinstance(val, Bytes) else "utf-8")


class _Base64(SigmaBase64Modifier):
    def modify(self, val: SigmaString) -> SigmaString:
        return string([b64encode(_bytes(val)).decode()])


class _Base64Offset(SigmaBase64OffsetModifier):
    def modify(self, val: SigmaString) -> SigmaExpansion:
        data = _bytes(val)
        forms: list[SigmaType] = []
        for before in range(3):  # bytes that are before the value in the encoded text
            encoded = b64encode(before * b" " + data).decode()
            form = encoded[self.start_offsets[before] : self.end_offsets[(len(data) + before) % 3]]
            if not form:
                raise SigmaValueError("the value is too short to leave a trace at each place in encoded text")
            forms.append(string([form]))
        return SigmaExpansion(forms)


class _Windash(SigmaWindowsDashModifier):
    def modify(self, val: SigmaString) -> SigmaExpansion:
        pieces: list[Any] = []
        choices = 0
        for part in val.s:
            if not isinstance(part, str):
                pieces.append((part,))
                continue
            at = 0
            for dash in DASH.finditer(part):
                pieces += [(part[at : dash.start()],), tuple(DASHES)]
                at = dash.end()
                choices += 1
            pieces.append((part[at:],))
        if len(self.detection_item.value) * len(DASHES) ** choices > MOST_FORMS:
            raise Problem(codes.SIG036, limit=MOST_FORMS)
        return SigmaExpansion([string(list(form), like=val) for form in product(*pieces)])


def _only_linking(applied: list[Any], what: str) -> None:
    if not all(issubclass(modifier, _LINKING) for modifier in applied):
        raise SigmaValueError(f"{what} must come first")


class _Re(SigmaRegularExpressionModifier):
    def modify(self, val: SigmaString) -> SigmaRegularExpression:
        _only_linking(self.applied_modifiers, "re")
        return regex(string([val.original]), set())


class _Cidr(SigmaCIDRModifier):
    def modify(self, val: SigmaString) -> SigmaCIDRExpression:
        _only_linking(self.applied_modifiers, "cidr")
        if "%" in val.original:
            raise Problem(codes.SIG034, reason="a network has no zone")
        try:
            network = ip_network(val.original, strict=False)
        except ValueError as error:
            raise Problem(codes.SIG034, reason=error) from error
        return SigmaCIDRExpression(str(network))


class _Exists(SigmaExistsModifier):
    def modify(self, val: SigmaBool) -> SigmaExists:
        _only_linking(self.applied_modifiers, "exists")
        return SigmaExists(val.boolean)


class _FieldReference(SigmaFieldReferenceModifier):
    def modify(self, val: SigmaString) -> SigmaFieldReference:
        if not val.s or not all(isinstance(part, str) for part in val.s):
            if not all(issubclass(modifier, _LINKING) for modifier in self.applied_modifiers):
                raise SigmaValueError("it comes before contains, startswith and endswith: write fieldref|contains")
            raise SigmaValueError("it needs the name of a field, without wildcards")
        return SigmaFieldReference("".join(part for part in val.s if isinstance(part, str)))


class _Expand(SigmaExpandModifier):
    def modify(self, val: SigmaString | SigmaRegularExpression) -> SigmaString | SigmaRegularExpression:
        held = val if isinstance(val, SigmaString) else val.regexp
        held.s = [piece for part in held.s for piece in _with_placeholders(part)]
        return val


_NAME = re.compile(r"(?<!\\)%([^%]+)%")


def _with_placeholders(part: str | SpecialChars | Placeholder) -> Iterator[str | SpecialChars | Placeholder]:
    """A part of a value with `%name%` as placeholders. `\\%` is a percent sign, as in pySigma 1 alone."""
    if not isinstance(part, str):
        yield part
        return
    for at, piece in enumerate(_NAME.split(part)):
        if at % 2:
            yield Placeholder(piece)
        elif piece:
            yield piece.replace("\\%", "%")


MODIFIERS: Mapping[str, Modifier] = MappingProxyType(
    {
        **modifier_mapping,
        "base64": _Base64,
        "base64offset": _Base64Offset,
        "cased": Cased,
        "cidr": _Cidr,
        "contains": _Contains,
        "endswith": _Endswith,
        "exists": _Exists,
        "expand": _Expand,
        "fieldref": _FieldReference,
        "re": _Re,
        "startswith": _Startswith,
        "utf16": _Utf16,
        "utf16be": _Utf16Be,
        "utf16le": _Wide,
        "wide": _Wide,
        "windash": _Windash,
    }
)
