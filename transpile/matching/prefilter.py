"""Lines of a log that no rule can match, told from a part of the event: they are counted, and not read further.

Most Windows events in JSON have one shape, as EVTX converters write it: `{"Event": {"System": ..., "EventData": ...}}`.
Of such a line, msgspec reads the channel and the number first, and skips over the rest twice as fast as it would read
it. Where rules apply to such events at all, `EventData` is read, and its fields are looked up in the rules' index.

Why a line that is skipped matches no rule, of which `test_prefilter.py` tries to find the opposite:

- msgspec checks the syntax of what it skips over. A line that it rejects, or whose shape is another, is not skipped:
  another key at the top, an unknown child of `System`, a field of `EventData` that is not a plain value, `UserData`.
- The channel and the number are those that `windows.normalise` gives the event, so the index is that of its origin. If
  `EventData` has fields of these names too, the event's number is a list, which only ever rules rules out: where no
  rule applies to the number none applies to the list, and where some do, the line is not skipped.
- Fields of `EventData` are the event's fields of these names, unless `System` may have them too (`_may_be_of_system`).
  What is looked for in such fields and in paths counts as found.
- A text that is looked for anywhere is looked for in the line: the longest piece of it that JSON can write in one way
  only, as long as the line has no `\\u`. The line without case holds a value's text without case.
- A rule that the index leaves over is asked only if it looks at nothing else than such fields, the channel, the
  number and the provider. Otherwise the line is not skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from transpile.evaluate.facts import Facts
from transpile.ir.expr import Expr, Keyword
from transpile.ir.match import Field, FieldRef
from transpile.ir.walk import leaves
from transpile.matching.index import REMEMBERED, Bits, Finder, Index, is_path, may_be_spelled
from transpile.matching.matcher import Matcher
from transpile.matching.needles import Needle
from transpile.matching.shapes import WINDOWS, EventOrigin
from transpile.matching.windows import audited

ENOUGH = 100  # lines more that were not skipped than were: looking is given up for a while
PAUSE = 5_000  # lines for which it is

# The children of `System` besides those that are read (Windows' event schema, SystemPropertiesType).
_CHILDREN = (
    "Version",
    "Level",
    "Task",
    "Opcode",
    "Keywords",
    "TimeCreated",
    "EventRecordID",
    "Correlation",
    "Execution",
    "Computer",
    "Security",
)
_READ = frozenset({"Channel", "EventID", "Provider_Name"})
_OF_SYSTEM = frozenset({"Channel", "EventID", "Provider", *_CHILDREN})
_NOTHING = msgspec.Raw()
_ESCAPED = re.compile(r'[\x00-\x1f"\\/]')  # characters that JSON may write in more than one way without `\u`


class _Qualified(msgspec.Struct, gc=False, rename={"text": "#text"}):
    """An `EventID` with attributes."""

    text: int | str


class _Named(msgspec.Struct, gc=False):
    """The attributes of a `Provider`."""

    Name: str


class _Provider(msgspec.Struct, gc=False, rename={"attributes": "#attributes"}):
    """A `Provider`."""

    attributes: _Named


_System: Any = msgspec.defstruct(
    "_System",
    [
        ("Channel", str),
        ("EventID", int | str | _Qualified),
        ("Provider", _Provider),
        *((name, msgspec.Raw, _NOTHING) for name in _CHILDREN),
    ],
    forbid_unknown_fields=True,
    gc=False,
)
_Event: Any = msgspec.defstruct(
    "_Event",
    [("System", _System), ("EventData", msgspec.Raw, _NOTHING), ("UserData", msgspec.Raw, _NOTHING)],
    gc=False,
)
_Line: Any = msgspec.defstruct("_Line", [("Event", _Event)], forbid_unknown_fields=True, gc=False)

_decode_line = msgspec.json.Decoder(_Line).decode
_decode_data = msgspec.json.Decoder(dict[str, str | int | float | bool | None] | None).decode


class Prefilter:
    """Tells which lines a matcher need not see."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._known: dict[tuple[str, int | str, str], _Rules | None] = {}
        self._score = 0
        self._pause = 0

    def skips(self, line: str) -> bool:
        """Whether a line is an event in the usual shape that no rule matches."""
        if self._pause:
            self._pause -= 1
            return False
        if self._cannot_match(line):
            if self._score < ENOUGH:
                self._score += 1
            return True
        self._score -= 1
        if self._score < -ENOUGH:
            self._score, self._pause = 0, PAUSE
        return False

    def _cannot_match(self, line: str) -> bool:
        try:
            event = _decode_line(line).Event
            system = event.System
            number = system.EventID
            if type(number) is _Qualified:
                number = number.text
            key = system.Channel, number, system.Provider.attributes.Name
            rules = self._known[key] if key in self._known else self._learn(*key)
            if rules is None:
                return True
            if event.UserData is not _NOTHING and _decode_data(event.UserData) is not None:
                return False
            data = {} if event.EventData is _NOTHING else _decode_data(event.EventData) or {}
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        return not rules.may_match(data, line)

    def _learn(self, channel: str, number: int | str, provider: str) -> _Rules | None:
        """The rules for events from there; None where there are none. Raises `ValueError` for no usual number."""
        if isinstance(number, str):
            if not (number.isascii() and number.isdigit()):
                raise ValueError("the number of an event is not of digits")
            own: int = int(number)
        else:
            own = number
        index = self._matcher.index({}, EventOrigin(WINDOWS, channel.lower(), str(own)))
        system = {"EventID": own, "Channel": channel, "Provider_Name": provider}
        rules = _Rules(self._matcher, index, system) if index else None
        if len(self._known) < REMEMBERED:
            self._known[channel, number, provider] = rules
        return rules


class _Rules:
    """The rules for events of one channel, number and provider, asked by the fields of `EventData`."""

    def __init__(self, matcher: Matcher, index: Index, system: Mapping[str, Any]) -> None:
        self._matcher, self._index, self._system = matcher, index, system
        met, finders = index.known_by(lambda name: name in _READ or not _may_be_of_system(name))
        for name, value in self._system.items():
            if name in finders:
                met |= finders[name].of(value)
        self._met: Bits = met
        self._finders: Mapping[str, Finder] = {name: one for name, one in finders.items() if name not in _READ}
        self._is_local: dict[int, bool] = {}
        keywords: dict[Needle, Bits] = {}
        for needle, bits in index.keywords.items():
            piece = max(_ESCAPED.split(needle.text), key=len)
            if not piece or may_be_spelled(needle.text):
                self._met |= bits
            else:
                key = Needle(None, piece)
                keywords[key] = keywords.get(key, 0) | bits
        self._keywords = Finder(keywords) if keywords else None

    def may_match(self, data: dict[str, Any], line: str) -> bool:
        """Whether an event with these fields, in this line, may match a rule."""
        if not _READ.isdisjoint(data):
            return True
        data.update(self._system)
        audited(data)
        found = self._met
        finders = self._finders
        for name, value in data.items():
            if (finder := finders.get(name)) is not None:
                if type(value) is str or type(value) is int:
                    found |= finder.of(value)
                else:
                    found |= finder.every
        if self._keywords:
            found |= self._keywords.every if "\\u" in line else self._keywords.find(line)
        rules = self._index.rules(found)
        if not rules:
            return False
        facts = Facts(data)
        return any(not self._local(number) or self._matcher.holds(number, facts) for number in rules)

    def _local(self, number: int) -> bool:
        """Whether a rule looks only at fields that are known."""
        known = self._is_local.get(number)
        if known is None:
            fields = _fields(self._matcher.condition(number))
            known = fields is not None and all(
                name in _READ or not (_may_be_of_system(name) or is_path(name)) for name in fields
            )
            self._is_local[number] = known
        return known


def _may_be_of_system(name: str) -> bool:
    """Whether a child of `System` or its attributes may give a field of this name, or `EventData` gives it none."""
    return name.partition("_")[0] in _OF_SYSTEM or name[:1] in ("#", "@")


def _fields(condition: Expr) -> set[str] | None:
    """The fields that a condition looks at; None where it looks at others too."""
    fields: set[str] = set()
    for leaf in leaves(condition):
        if isinstance(leaf, Keyword) or not isinstance(leaf.value, Field):
            return None
        fields.add(leaf.value.name)
        if isinstance(leaf.test, FieldRef):
            fields.add(leaf.test.field.name)
    return fields
