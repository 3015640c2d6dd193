"""What is asked of one value: patterns, regexes, numbers, networks, presence.

Invariants
- A `Pattern` is a sequence of literal runs and wildcards. Nothing in it is escaped, so nothing needs unescaping.
- No two literal runs and no two `ANY` stand side by side, and no literal run is empty (`Pattern.of` sees to it).
- A test speaks of the *whole* value, but for `Regex`, which searches in it.
- A test says how it minds case (`Case`); Sigma's ignore it by Unicode's simple folding unless `|cased`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, StrEnum

from transpile.record import record


class Wildcard(Enum):
    """A part of a pattern that is not literal text."""

    ANY = "*"  # any run of characters, the empty one too
    ONE = "?"  # exactly one character

    __hash__ = object.__hash__  # members are singletons; Enum's own hash is a slow detour by their name


ANY, ONE = Wildcard.ANY, Wildcard.ONE
Part = str | Wildcard


class Shape(StrEnum):
    """The simplest way to say a pattern; dialects have an operator for most."""

    EQUALS = "equals"  # abc
    CONTAINS = "contains"  # *abc*
    STARTS = "starts"  # abc*
    ENDS = "ends"  # *abc
    PRESENT = "present"  # * alone: any value at all, an empty one too
    WILDCARD = "wildcard"  # everything else


class Case(StrEnum):
    """Which letters a comparison of text takes for the same."""

    SENSITIVE = "sensitive"  # none but themselves
    ASCII = "ascii"  # a-z and A-Z, as EQL's `:` and Kusto's and YARA-L's regexes without Unicode
    UNICODE = "unicode"  # by Unicode's simple case folding, one character for one

    __hash__ = str.__hash__  # quicker than Enum's own


# Of one literal run, by whether ANY is before and behind it.
_SHAPES = {
    (False, False): Shape.EQUALS,
    (True, True): Shape.CONTAINS,
    (False, True): Shape.STARTS,
    (True, False): Shape.ENDS,
}


@record
class Pattern:
    """A string with wildcards, compared with the whole value. `Pattern(())` is the empty string."""

    parts: tuple[Part, ...]
    case: Case = Case.UNICODE

    @classmethod
    def of(cls, *parts: Part, case: Case = Case.UNICODE) -> Pattern:
        """The pattern of these parts, with neighbouring literals joined and doubled `ANY`s folded.

        >>> Pattern.of(ANY, "a", "b", "", ANY, ANY).parts
        (<Wildcard.ANY: '*'>, 'ab', <Wildcard.ANY: '*'>)
        """
        merged: list[Part] = []
        last: Part | None = None
        for part in parts:
            if isinstance(part, str):
                if isinstance(last, str):
                    last = merged[-1] = last + part
                    continue
                if not part:
                    continue
            elif part is ANY and last is ANY:
                continue
            merged.append(part)
            last = part
        return cls(tuple(merged), case)

    @property
    def cased(self) -> bool:
        """Whether the case of every letter counts."""
        return self.case is Case.SENSITIVE

    @property
    def shape(self) -> Shape:
        """How the pattern is said most simply; `literal` holds the text of all but the last two shapes.

        >>> Pattern.of(ANY, "\\\\net.exe").shape
        <Shape.ENDS: 'ends'>
        """
        parts = self.parts
        if not parts:
            return Shape.EQUALS
        before, after = parts[0] is ANY, parts[-1] is ANY
        if len(parts) == before + 1 + after and isinstance(parts[before], str):
            return _SHAPES[before, after]
        return Shape.PRESENT if parts == (ANY,) else Shape.WILDCARD

    @property
    def literal(self) -> str:
        """The literal text of the pattern, its wildcards left out."""
        return "".join([part for part in self.parts if isinstance(part, str)])

    @property
    def matches_empty(self) -> bool:
        """Whether the empty string matches: only `""` itself and `*` do."""
        return self.parts in ((), (ANY,))

    def render(self, literal: Callable[[str], str], any_: str, one: str) -> str:
        """The pattern as text: literal runs through `literal` (which escapes), wildcards spelled as given.

        >>> Pattern.of("a.b", ANY).render(lambda run: run.replace(".", "[.]"), ".*", ".")
        'a[.]b.*'
        """
        return "".join(literal(part) if isinstance(part, str) else any_ if part is ANY else one for part in self.parts)

    def as_number(self) -> int | float | None:
        """The number whose usual decimal spelling this pattern is, or None.

        Numbers and their decimal strings are the same value in Sigma; `"04688"` is not the spelling of 4688.

        >>> Pattern.of("4688").as_number(), Pattern.of("04688").as_number()
        (4688, None)
        """
        if len(self.parts) != 1 or not isinstance(self.parts[0], str):
            return None
        text = self.parts[0]
        if not text.isascii() or len(text) > 18:
            return None
        try:
            number: int | float = int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError:
            return None
        return number if str(number) == text else None


@record
class Regex:
    """A regular expression as the author wrote it (PCRE's syntax), searched for in the value.

    `.` matches a newline only with `dotall`; `^` and `$` match at line breaks only with `multiline`.
    """

    pattern: str
    case: Case = Case.SENSITIVE
    multiline: bool = False
    dotall: bool = False

    @property
    def ignore_case(self) -> bool:
        """Whether letters match in either case, as under PCRE's flag `i`."""
        return self.case is not Case.SENSITIVE


@record
class Number:
    """The value is this number, or its decimal spelling."""

    value: int | float


@record
class Boolean:
    """The value is this truth value, or the word `true` or `false` in any case."""

    value: bool


class Order(StrEnum):
    """An ordering of numbers."""

    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


@record
class Compare:
    """The value is a number (or its spelling) that is in this order to `value`."""

    order: Order
    value: int | float


@record
class Cidr:
    """The value is an IP address in this network (`10.0.0.0/8`, `fe80::/10`), normalised without host bits."""

    network: str


@record
class Exists:
    """The field is present, whatever its value, even null or empty. Absence is `Not` of it."""


@record
class Null:
    """The field has no value: it is missing, null, an empty list or the empty string."""


class TimeUnit(StrEnum):
    """A part of a timestamp, as Sigma's modifiers name them."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@record
class TimePart:
    """One part of the timestamp in the value (UTC) is this number."""

    unit: TimeUnit
    value: int


class FieldType(StrEnum):
    """What values a field holds on the platform; decides which operators fit."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    IP = "ip"
    ENUM = "enum"  # one of a closed list of names
    DYNAMIC = "dynamic"  # anything, inside a bag of properties (Kusto dynamic, a UDM map)

    __hash__ = str.__hash__  # quicker than Enum's own


@record
class Field:
    """A field by name. `mapped` says that a data model vouches for the name and the type.

    An unmapped field's type is what the rule's own literals suggest (`passes.infer_types`).
    `repeated`: the platform stores a list; a test holds when any member does. `optional`: it is one of several places
    of a value, and a deployment may lack it.
    """

    name: str
    type: FieldType = FieldType.STRING
    mapped: bool = False
    repeated: bool = False
    optional: bool = False


@record
class Literal:
    """A constant among the arguments of a function."""

    value: str | int | float


class Function(StrEnum):
    """What a value may be computed by; `evaluate/functions.py` has the reference meaning of each.

    All but `COALESCE` give no value where an argument has none, or is of the wrong type.
    """

    LOWER = "lower"  # lower(text), by Unicode's simple mapping
    UPPER = "upper"
    TRIM = "trim"  # trim(text): without white space at both ends
    LENGTH = "length"  # length(text): code points
    SUBSTRING = "substring"  # substring(text, start from 0[, length])
    REPLACE = "replace"  # replace(text, old, new), literal texts
    CONCAT = "concat"  # concat(text, ...)
    CAPTURE = "capture"  # capture(text, regex, group): what the group first takes
    SPLIT = "split"  # split(text, separator, number from 0): one piece
    BASE64_DECODE = "base64_decode"
    URL_DECODE = "url_decode"
    NUMBER = "number"  # number(text): the number that it spells
    TEXT = "text"  # text(value): its usual spelling
    ADD = "add"
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    COALESCE = "coalesce"  # the first argument that has a value other than the empty string

    __hash__ = str.__hash__  # quicker than Enum's own


@record
class Call:
    """A function of values.

    `exclusive`, of COALESCE: no event has more than one of the arguments, and equal values are always in the same one.
    """

    function: Function
    args: tuple[Value, ...]
    exclusive: bool = False


Value = Field | Literal | Call


@record
class FieldRef:
    """The value equals, starts with, ends with or contains the value of another field of the same event.

    `shape` is EQUALS, STARTS, ENDS or CONTAINS. It never holds when either field is missing.
    """

    field: Field
    shape: Shape = Shape.EQUALS
    case: Case = Case.UNICODE

    @property
    def cased(self) -> bool:
        """Whether the case of every letter counts."""
        return self.case is Case.SENSITIVE


Test = Pattern | Regex | Number | Boolean | Compare | Cidr | Exists | Null | TimePart | FieldRef
