"""From what must hold and what must not, one event: a value for each field, found by trying likely ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import chain, islice, permutations
from typing import Any, NamedTuple, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.sample import anchored, samples
from transpile.evaluate.undo import held_in, pieces, result_of, undo
from transpile.evaluate.values import MISSING
from transpile.evaluate.ways import Need, Way
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Call,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Function,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
    TimeUnit,
    Value,
)
from transpile.ir.walk import value_fields

MOST_UNDONE = 40  # values that a computed one is asked to come out as
MESSAGE = "message"  # the field that keywords are put into


class Fill(NamedTuple):
    """What wildcards stand for at the start of a value, inside of it, and at its end."""

    start: str
    inside: str
    end: str


# In turn. Some make a value look like a path or an account, as platforms that take those apart want them.
FILLS = (
    Fill("q", "q", "q"),
    Fill("", "", ""),
    Fill(" q9 ", " q9 ", " q9 "),
    Fill("C:\\q\\", "q", "q"),
    Fill("/q/", "q", "q"),
    Fill("q", "q", "q\\q"),
    Fill("-", "-", "-"),
)
ONES = ("q", "9", "-")  # what a `?` stands for, in turn
UNRELATED = ("zq7", "7", "", " ", "Q:\\zq\\zq7.zq")  # values that no rule looks for


class Solver:
    """Finds events for the ways of one rule; it keeps the rule's leaves compiled."""

    def __init__(self) -> None:
        self._checks: dict[object, Check] = {}
        self._known: dict[int, tuple[Match | Keyword, Check]] = {}  # by the identity of leaves, which are kept

    def _meets(self, needs: Iterable[Need], event: Mapping[str, Any]) -> bool:
        """Whether the event meets all needs; its facts are found once for all of them."""
        facts = Facts(event)
        return all(self._compiled(need.leaf)[1](facts) is need.holds for need in needs)

    def _compiled(self, leaf: Match | Keyword) -> tuple[Match | Keyword, Check]:
        """A leaf with its check, found by identity: hashing what it asks costs more than the check."""
        known = self._known.get(id(leaf))
        if known is None:
            asks = subject(leaf), leaf.test
            if asks not in self._checks:
                self._checks[asks] = compile_check(leaf)
            known = self._known[id(leaf)] = (leaf, self._checks[asks])
        return known

    def _is_contradiction(self, way: Way) -> bool:
        """Whether one and the same test must hold and must not."""
        if all(need.holds for need in way):
            return False
        wanted = {id(self._compiled(need.leaf)[1]) for need in way if need.holds}
        return any(id(self._compiled(need.leaf)[1]) in wanted for need in way if not need.holds)

    def solve(self, way: Way, style: int = 0, *, lists: bool = False) -> dict[str, Any] | None:
        """An event for which each need is met, or None if none was found.

        `style` picks among the many there are: what wildcards stand for, and whether a field of which nothing is
        asked but that some test fails is missing or holds something else. With `lists`, a field may hold several
        values where no single one will do.
        """
        if self._is_contradiction(way):
            return None
        groups: dict[str, list[Need]] = {}
        for need in way:
            groups.setdefault(place(need.leaf), []).append(need)
            for other in _others_of(need):
                groups.setdefault(other.name, []).append(Need(Match(other, Exists()), True))
            if need.holds and isinstance(need.leaf, Match) and isinstance(need.leaf.test, FieldRef):
                other = need.leaf.test.field
                groups.setdefault(other.name, []).append(Need(Match(other, Exists()), True))
        event: dict[str, Any] = {}
        likely = _pieces(way, style)
        for name in sorted(groups, key=lambda name: any(_refers(need) for need in groups[name])):
            value = self._value(name, groups[name], event, style, likely.get(name))
            if value is None and lists:
                value = self._several(name, groups[name], event, style)
            if value is None:
                return None
            if value[0] is not MISSING:
                event[name] = value[0]
        return event if self._meets(way, event) else None

    def _value(
        self, name: str, needs: list[Need], event: dict[str, Any], style: int, likely: str | None = None
    ) -> tuple[Any] | None:
        """The first likely value that meets the needs, as a tuple of one."""
        wanted = [need.leaf for need in needs if need.holds]
        field = next((one for need in needs if (one := _field(need.leaf))), Field(name))
        computed = [leaf for leaf in wanted if isinstance(leaf, Match) and not isinstance(leaf.value, Field)]
        direct = [asked(leaf) for leaf in wanted if leaf not in computed]
        for value in chain(
            () if likely is None else (likely,),
            candidates(field, direct, event, style) if direct or not computed else (),
            undone(field, computed, event, style) if computed else (),
            _both(field, direct, computed, event, style),
        ):
            trial = event if value is MISSING else {**event, name: value}
            if self._meets(needs, trial):
                return (value,)
        return None

    def _several(self, name: str, needs: list[Need], event: dict[str, Any], style: int) -> tuple[Any] | None:
        """A list with one value for each thing that is wanted, as a tuple of one."""
        unwanted = [need for need in needs if not need.holds]
        each = [self._value(name, [need, *unwanted], event, style) for need in needs if need.holds]
        several = [one[0] for one in each if one]
        trial = {**event, name: several}
        met = len(several) == len(each) and self._meets(needs, trial)
        return (several,) if met else None


def place(leaf: Match | Keyword) -> str:
    """The field of an event that is made to hold what the leaf asks for."""
    return held_in(leaf.value).name if isinstance(leaf, Match) else MESSAGE


def subject(leaf: Match | Keyword) -> object:
    """What a leaf tests: a field by its name, a computed value, or any value of the event."""
    if isinstance(leaf, Keyword):
        return Keyword
    return leaf.value.name if isinstance(leaf.value, Field) else leaf.value


def _field(leaf: Match | Keyword) -> Field | None:
    """The field that a leaf itself tests."""
    return leaf.value if isinstance(leaf, Match) and isinstance(leaf.value, Field) else None


def _others_of(need: Need) -> list[Field]:
    """The fields beside its own that a computed value needs, so that it can be had."""
    leaf = need.leaf
    if not need.holds or not isinstance(leaf, Match) or isinstance(leaf.value, Field) or isinstance(leaf.test, Null):
        return []
    if isinstance(leaf.value, Call) and leaf.value.function is Function.COALESCE:
        return []
    return [field for field in dict.fromkeys(value_fields(leaf.value)) if field.name != place(leaf)]


def _pieces(way: Way, style: int) -> dict[str, str]:
    """Values of fields that are put together, for a text that is asked of them as a whole."""
    found: dict[str, str] = {}
    for need in way:
        leaf = need.leaf
        if need.holds and isinstance(leaf, Match) and isinstance(leaf.value, Call):
            wanted = next((one for one in candidates(result_of(leaf), [leaf.test], {}, style)), MISSING)
            found.update(pieces(leaf.value, wanted))
    return found


def _both(
    field: Field, direct: Sequence[Test], computed: Sequence[Match], event: Mapping[str, Any], style: int
) -> Iterator[Any]:
    """Values that pass the tests of the field itself, changed to give what is computed of them."""
    for value in islice(candidates(field, direct, event, style), len(FILLS)) if direct and computed else ():
        if value is not MISSING:
            yield from undone(field, computed, {**event, field.name: value}, style)


def undone(field: Field, computed: Sequence[Match], event: Mapping[str, Any], style: int) -> Iterator[Any]:
    """Values of one field that may give the values computed of it which the tests ask for."""
    by_value: dict[Value, list[Match]] = {}
    for leaf in computed:
        by_value.setdefault(leaf.value, []).append(leaf)
    for value, leaves in by_value.items():
        if any(isinstance(leaf.test, Null) for leaf in leaves):
            yield MISSING
            yield ""
        tests = [leaf.test for leaf in leaves if not isinstance(leaf.test, Null | Exists)]
        for wanted in islice(candidates(result_of(leaves[0]), tests, event, style), MOST_UNDONE):
            if wanted is not MISSING:
                yield from (as_type(field, one) for one in undo(value, wanted, field.name, event))
    yield from (unrelated(field, number) for number in range(len(UNRELATED)))


def _refers(need: Need) -> bool:
    return bool(_others_of(need)) or (isinstance(need.leaf, Match) and isinstance(need.leaf.test, FieldRef))


def asked(leaf: Match | Keyword) -> Test:
    """What the leaf asks of the whole value of a field."""
    if isinstance(leaf, Keyword) and isinstance(leaf.test, Pattern):
        return Pattern.of(ANY, *leaf.test.parts, ANY, case=leaf.test.case)
    return leaf.test


def unrelated(field: Field, number: int = 0) -> Any:
    """A value that hardly any test looks for, of the field's type."""
    match field.type:
        case FieldType.NUMBER:
            return 7_000_007 + number
        case FieldType.BOOLEAN:
            return number % 2 == 0
        case _:
            return UNRELATED[number % len(UNRELATED)]


def candidates(field: Field, tests: Sequence[Test], event: Mapping[str, Any], style: int) -> Iterator[Any]:
    """Values worth trying for one field so that all tests hold, likely ones first; `MISSING` is one of them."""
    if not tests:
        yield from rotate((MISSING, unrelated(field)), style)
        yield from (unrelated(field, number) for number in range(1, len(UNRELATED)))
        return
    if any(isinstance(test, Null) for test in tests):
        yield from rotate((MISSING, None, ""), style)
        return
    strings = [test for test in tests if isinstance(test, Pattern | Regex)]
    times = [test for test in tests if isinstance(test, TimePart)]
    for value in chain(
        texts(strings, style) if strings else (),
        moments(times) if times else (),
        *(others(field, test, event, style) for test in tests),
    ):
        yield as_type(field, value)


def others(field: Field, test: Test, event: Mapping[str, Any], style: int) -> Iterator[Any]:
    """Values that may pass a test which is neither of text nor of time."""
    match test:
        case Number(value):
            yield value
        case Boolean(truth):
            yield truth
            yield str(truth).upper()  # a text of any case holds as well, where a test of the text fails the value
        case Compare(_, value):
            yield from rotate((value, value + 1, value - 1), style)
            yield from (value + 1000, value - 1000, 0)
        case Cidr(network):
            net = ip_network(network)
            last = net.num_addresses - 1
            yield from rotate([str(net[i]) for i in sorted({0, 1 & last, last // 2, last})], style)
        case Exists():
            yield from (unrelated(field, number) for number in range(len(UNRELATED)))
        case FieldRef(other, shape):
            for text in (event.get(other.name), "zq7"):
                if isinstance(text, str | int | float):
                    yield _like(str(text), shape)
        case Null() | Pattern() | Regex() | TimePart():
            return
        case _:
            assert_never(test)


def _like(text: str, shape: Shape) -> str:
    return {Shape.STARTS: f"{text} q", Shape.ENDS: f"q {text}", Shape.CONTAINS: f"q {text} q"}.get(shape, text)


def moments(tests: Sequence[TimePart]) -> Iterator[str]:
    """Moments that may have all of these parts."""
    wanted = {test.unit: test.value for test in tests}
    year, month = wanted.get(TimeUnit.YEAR, 2024), wanted.get(TimeUnit.MONTH, 1)
    hour, minute = wanted.get(TimeUnit.HOUR, 10), wanted.get(TimeUnit.MINUTE, 20)
    try:
        start = datetime(year, month, 1, hour, minute, 30, tzinfo=UTC)
    except ValueError:
        return
    for day in range(366):
        moment = start + timedelta(days=day)
        if wanted.get(TimeUnit.DAY, moment.day) == moment.day:
            yield iso(moment)


def iso(moment: datetime) -> str:
    """A moment as events spell it: `2024-01-01T10:20:30Z`."""
    return moment.isoformat().replace("+00:00", "Z")


def texts(tests: Sequence[Pattern | Regex], style: int) -> Iterator[str]:
    """Texts that may pass all of the tests: as they are written, laid over one another, then in odd capitals."""
    yield from _assembled(tests, style)
    yield from _laid_over(tests)
    for text in islice(_assembled(tests, style), len(FILLS)):
        yield "".join(char.upper() if at % 2 else char.lower() for at, char in enumerate(text) if char.isascii())


def _assembled(tests: Sequence[Pattern | Regex], style: int) -> Iterator[str]:
    """Heads, then what may be anywhere, then tails."""
    for turn in range(len(FILLS)):
        fill = FILLS[(style + turn) % len(FILLS)]
        heads, middles, tails = [""], [], [""]
        for test in tests:
            text, at_start, at_end = _instance(test, fill, style + turn)
            if at_start and at_end:
                yield text
            elif at_start:
                heads.append(text)
            elif at_end:
                tails.append(text)
            else:
                middles.append(text)
        head, tail = max(heads, key=len), max(tails, key=len)
        ends = (head + tail).lower()
        middles = [text for text in dict.fromkeys(middles) if text.lower() not in ends]
        for start, inside, end in (fill, (" ", " ", " "), ("", "", "")):
            for order in islice(permutations(middles), 12):
                body = inside.join(part for part in (head, *order, tail) if part)
                yield ("" if head else start) + body + ("" if tail else end)
        for size in range(1, min(len(head), len(tail)) + 1):
            if head.lower().endswith(tail[:size].lower()):
                yield head + tail[size:]


def _laid_over(tests: Sequence[Pattern | Regex]) -> Iterator[str]:
    """Patterns of one length, their `?` filled with what others look for: `C:\\????.exe` and `*\\evil.exe`."""
    patterns = [test for test in tests if isinstance(test, Pattern)]
    for pattern in patterns:
        if ONE not in pattern.parts or ANY in pattern.parts:
            continue
        slots = pattern.render(lambda run: run, "", "\0")
        for other in patterns:
            literal = max((part for part in other.parts if isinstance(part, str)), key=len, default="")
            for at in range(len(slots) - len(literal) + 1 if other is not pattern else 0):
                pairs = zip(slots[at:].lower(), literal.lower(), strict=False)
                if all(slot in ("\0", char) for slot, char in pairs):
                    yield (slots[:at] + literal + slots[at + len(literal) :]).replace("\0", ONES[0])


def _instance(test: Pattern | Regex, fill: Fill, style: int) -> tuple[str, bool, bool]:
    """A text that passes the test, its outer wildcards left off, and whether it must begin and end the value."""
    if isinstance(test, Regex):
        found = samples(test)
        text = found[style % len(found)] if found else ""
        return text, *anchored(test)
    parts = test.parts
    at_start = not parts or parts[0] is not ANY
    at_end = not parts or parts[-1] is not ANY
    inner = Pattern(parts[0 if at_start else 1 : len(parts) if at_end else -1] if len(parts) > 1 or at_start else ())
    return inner.render(lambda run: run, fill.inside, ONES[style % len(ONES)]), at_start, at_end


def as_type(field: Field, value: Any) -> Any:
    """The value as a column of the field's type holds it: numbers stay numbers only where the field is one."""
    match field.type:
        case FieldType.NUMBER:
            return value
        case FieldType.BOOLEAN:
            return value
        case _:
            if isinstance(value, bool):
                return "true" if value else "false"
            return str(value) if isinstance(value, int | float) else value


def rotate(choices: Sequence[Any], style: int) -> Iterator[Any]:
    """All of the choices, beginning with the one that `style` picks."""
    start = style % len(choices)
    yield from choices[start:]
    yield from choices[:start]
