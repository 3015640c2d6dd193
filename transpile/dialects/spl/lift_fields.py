"""What each field holds at a place in a search, as commands rename, compute and remove fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from types import MappingProxyType

from transpile.dialects.spl.lift_value import EVERYWHERE, Choice, Computed, Nothing, Unknown, filled, present
from transpile.dialects.spl.tree import Place
from transpile.ir.match import Field

_NONE: Mapping[str, frozenset[Place]] = MappingProxyType({})


class Fields:
    """The fields by name. Until a command fixes the list of fields, any other name is a field of the events."""

    def __init__(self, prefix: str = "") -> None:
        self._known: dict[str, Computed] = {}
        self._closed = False
        self._renamed: list[tuple[str, str]] = []
        self._prefix = prefix
        self.default: Unknown | None = None  # what a name holds that no command has set
        self.fill: str | None = None  # what missing fields hold
        self.tested: set[Place] = set()  # the commands that made what tests asked for
        self._makers: dict[str, frozenset[Place]] = {}  # the commands that made what a field holds
        self._command: Place | None = None
        self._asked: set[str] = set()
        self._seen: set[str] = set(EVERYWHERE)  # fields of the events that were asked for
        self._extracting: frozenset[Place] = frozenset()  # the command that makes fields of any names
        self._rest: Callable[[str], Computed] | None = None  # what any name holds that `only` did not list
        self._rest_makers: frozenset[Place] = frozenset()

    def begin(self, command: Place | None) -> None:
        """Forget what was asked for: what is set next is made by this command of what is asked for from here on."""
        self._command, self._asked = command, set()

    def makers(self) -> frozenset[Place]:
        """The present command, and those that made what it asked for."""
        made = frozenset[Place]().union(*(self._makers.get(name, ()) for name in self._asked))
        return made if self._command is None else made | {self._command}

    def test(self, name: str | None = None) -> None:
        """What was asked for, or one field, decides what matches."""
        for one in self._asked if name is None else (name,):
            self.tested |= self._makers.get(one, frozenset())

    def get(self, name: str) -> Computed:
        """What the field holds."""
        self._asked.add(name)
        if name in self._known:
            return self._known[name]
        if self.default is not None:
            self._makers.setdefault(name, self._extracting)
            return self.default
        if self._closed and self._rest is None:
            return Nothing()
        if self._rest is not None:
            self._makers.setdefault(name, self._rest_makers)
        return self._origin(name, len(self._renamed))

    def before(self) -> Callable[[str], Computed]:
        """What each field holds now, whatever later commands do."""
        return copy(self).get

    def _origin(self, name: str, commands: int) -> Computed:
        """The field before the last of so many `rename` commands with `*`, of which one moves only fields there are."""
        if not commands:
            self._seen.add(name)
            plain = Field(name if name in EVERYWHERE else self._prefix + name)
            held: Computed = plain if self._rest is None else self._rest(name)
            return held if self.fill is None else filled(held, self.fill)
        old, new = self._renamed[commands - 1]
        if (source := through(name, new, old)) is not None:
            moved = self._origin(source, commands - 1)
            return Choice(((present(moved), moved),), self._origin(name, commands - 1))
        return Nothing() if through(name, old, new) is not None else self._origin(name, commands - 1)

    def set(self, name: str, value: Computed) -> None:
        """Let the field hold a value."""
        self._known[name] = value
        self._makers[name] = self.makers()

    def rename(self, old: str, new: str) -> None:
        """`rename old AS new`; of names with `*`, each that is known, and any other of the events."""
        if "*" not in old:
            self._known[new], self._known[old] = self.get(old), Nothing()
            self._makers[new] = self._makers.get(old, frozenset()) | self.makers()
            return
        for name in list(self._known):
            target = through(name, old, new)
            if target is not None and target != name:
                self._known[target] = self._known.pop(name)
                self._makers[target] = self._makers.pop(name, frozenset()) | self.makers()
        if not self._closed or self._rest is not None:
            self._renamed.append((old, new))

    def extract(self, why: Unknown) -> None:
        """A command makes fields of any names. Those of the events that were asked for before are taken to stay."""
        for name in () if self._closed else sorted(self._seen):
            self._known.setdefault(name, self.get(name))
        self.default, self._extracting = why, self.makers()

    def keep(self, names: Iterable[str]) -> None:
        """Remove all other fields. Names with `*` keep what they match, which is not known of fields of the events."""
        wanted = list(names)
        if any("*" in name for name in wanted):
            return
        self._known = {name: self.get(name) for name in wanted}
        self._closed, self.default, self._rest = True, None, None

    def remove(self, names: Iterable[str]) -> None:
        """Remove these fields."""
        for name in names:
            if "*" not in name:
                self._known[name] = Nothing()

    def only(
        self,
        known: dict[str, Computed],
        made: Mapping[str, frozenset[Place]] = _NONE,
        rest: Callable[[str], Computed] | None = None,
    ) -> None:
        """Let these be all fields; some of them are `made` by the commands given, the others as before.

        With `rest` there are other fields too, and it says what each of them holds.
        """
        self._makers = {name: made.get(name, self._makers.get(name, frozenset())) for name in known}
        self._known, self._closed, self.default, self.fill = known, True, None, None
        self._rest, self._rest_makers, self._renamed = rest, self.makers(), []

    def names(self) -> Iterator[str]:
        """The fields that commands have set."""
        return (name for name, value in self._known.items() if not isinstance(value, Nothing))


def through(name: str, old: str, new: str) -> str | None:
    """The name that `rename old AS new` gives to a field, or None if it does not match.

    >>> through("Processes.user", "Processes.*", "*")
    'user'
    """
    found = re.fullmatch("(.+)".join(map(re.escape, old.split("*"))), name)
    if found is None:
        return None
    groups = iter(found.groups())
    return "".join(next(groups, "") if piece == "*" else piece for piece in re.split(r"(\*)", new))
