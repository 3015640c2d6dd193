"""What is wrong inside expressions: types, functions, regexes, `nocase`, `any` and `all`, maps and enumerations."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from transpile.dialects.yaral.functions import FUNCTIONS, Function, Type
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Key,
    Not,
    Number,
    Or,
    Path,
    Quantified,
    Regex,
    String,
    Truth,
    Variable,
    walk,
)
from transpile.regex import problem_re2

Finding = tuple[object, str]  # the node at fault, and what is wrong with it

# Where an event's field path begins (UDM field list, "Event" and "Entity"); a source may be before it.
_FIELDS = """
about additional extensions extracted intermediary metadata network observer principal security_result src target
"""
_SOURCES = "udm graph detection"
_TOP = frozenset(f"{_FIELDS} {_SOURCES}".split())

# Enumerated fields (UDM field list, "Event enumerated types"), by the end of their path.
_ENUMS = frozenset(
    {
        ("authentication", "mechanism"),
        ("auth", "mechanism"),
        ("auth", "type"),
        ("dhcp", "opcode"),
        ("dhcp", "type"),
        ("metadata", "entity_type"),
        ("metadata", "event_type"),
        ("metadata", "source_type"),
        ("network", "application_protocol"),
        ("network", "direction"),
        ("network", "ip_protocol"),
        ("process", "token_elevation_type"),
        ("resource", "resource_type"),
        ("security_result", "action"),
        ("security_result", "alert_state"),
        ("security_result", "category"),
        ("security_result", "confidence"),
        ("security_result", "priority"),
        ("security_result", "severity"),
        ("user", "account_type"),
        ("user", "user_authentication_status"),
        ("user", "user_role"),
    }
)

# Integer fields that rules compare most, by the end of their path.
_NUMBERS = frozenset({"port", "seconds", "nanos", "sent_bytes", "received_bytes"})


def predicate_findings(expr: Expr, section: str) -> Iterator[Finding]:
    """What is not a truth value where one is wanted."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from predicate_findings(arg, section)
        case Not(arg):
            yield from predicate_findings(arg, section)
        case Compare() | InList() | Truth():
            pass
        case Call() if kind(expr) in (Type.TRUTH, Type.ANY, None):
            pass
        case _:
            yield expr, "this is not a predicate: compare it with something"


def expression_findings(expr: Expr, section: str) -> Iterator[Finding]:
    """What is wrong with an expression and everything in it."""
    for node in walk(expr):
        match node:
            case Path():
                yield from _path(node)
            case Quantified(quantifier, path):
                if any(not isinstance(step, str) for step in path.steps):
                    yield node, f"{quantifier} takes neither a map's key nor an index"
            case Regex(pattern):
                yield from _regex(node, pattern)
            case Call():
                yield from _call(node, section)
            case Compare():
                yield from _compare(node)
            case InList(value, _, list_kind, nocase):
                if any(isinstance(one, Quantified) for one in walk(value)):
                    yield node, "any and all are not for reference lists"
                if nocase and list_kind == "cidr":
                    yield node, "nocase is not for lists of networks"
            case Arithmetic(left, _, right):
                for side in (left, right):
                    if kind(side) not in (Type.NUMBER, Type.ANY, None):
                        yield side, "arithmetic is for numbers"
            case Count(name) | Absent(name) if section != "condition":
                yield node, f"the count and the absence of ${name} belong in the condition"
            case _:
                pass


def kind(expr: Expr) -> Type | None:
    """The type of an expression where its text alone tells."""
    match expr:
        case String():
            return Type.TEXT
        case Number() | Arithmetic() | Count():
            return Type.NUMBER
        case Truth() | Compare() | InList() | And() | Or() | Not():
            return Type.TRUTH
        case Call(function):
            known = FUNCTIONS.get(function)
            return known.gives if known else None
        case Path(_, steps):
            last = steps[-1]
            return Type.TEXT if isinstance(last, Key) else Type.NUMBER if last in _NUMBERS else None
        case Quantified(_, path):
            return kind(path)
        case _:
            return None


def is_enum(expr: Expr) -> bool:
    """Whether this is an enumerated field of UDM."""
    path = expr.path if isinstance(expr, Quantified) else expr
    return isinstance(path, Path) and tuple(step for step in path.steps if isinstance(step, str))[-2:] in _ENUMS


def _path(path: Path) -> Iterator[Finding]:
    first = path.steps[0]
    if first not in _TOP:
        yield path, f"no event has a field {first}"
    keys = [isinstance(step, Key) for step in path.steps]
    if any(keys) and any(isinstance(step, int) for step in path.steps) and first != "detection":
        yield path, "an index and a map's key do not go together"
    if sum(keys) > 1:
        yield path, "a map's value is text, which has no keys"


def _regex(node: object, pattern: str) -> Iterator[Finding]:
    problem = problem_re2(pattern)
    if problem:
        yield node, f"RE2 rejects the regex: {problem}"


def _call(call: Call, section: str) -> Iterator[Finding]:
    if call.function.startswith("metrics."):
        if section == "events":
            yield call, "metrics are for the outcome section"
        return
    function = FUNCTIONS.get(call.function)
    if function is None:
        yield call, f"there is no function {call.function}"
        return
    if not function.least <= len(call.args) <= (len(call.args) if function.most is None else function.most):
        yield call, f"{call.function} takes {_count(function)}, not {len(call.args)}"
    elif call.function == "if":
        yield from _if(call)
    if function.aggregate and section == "events":
        yield call, f"{call.function} gathers events, which is for the outcome section"
    if call.nocase and call.function != "re.regex":
        yield call, "of the functions, nocase is for re.regex only"
    if call.nocase and is_enum(call.args[0]):
        yield call, "nocase is not for enumerated fields"
    if call.function == "re.regex" and call.args and is_enum(call.args[0]):
        yield call, "an enumerated field takes no regex"
    match call:
        case Call("re.regex" | "re.capture" | "re.capture_all" | "re.replace", (_, String(pattern), *_)):
            yield from _regex(call, pattern)
            if call.function in ("re.capture", "re.capture_all") and _groups(pattern) > 1:
                yield call, f"{call.function} takes a regex with at most one group"
        case Call("net.ip_in_range_cidr", (_, String(network))):
            try:
                ip_network(network, strict=False)
            except ValueError:
                yield call, f"{network!r} is not a network"


def _groups(pattern: str) -> int:
    """How many capturing groups a sound regex has."""
    plain = pattern.replace("\\\\", "")
    return sum(
        1
        for at, char in enumerate(plain)
        if char == "("
        and plain[at - 1 : at] != "\\"
        and (plain[at + 1 : at + 2] != "?" or plain[at + 2 : at + 3] == "P")
    )


def _count(function: Function) -> str:
    if function.most is None:
        return f"{function.least} arguments or more"
    if function.most == function.least:
        return f"{function.least} argument{'' if function.least == 1 else 's'}"
    return f"{function.least} to {function.most} arguments"


def _if(call: Call) -> Iterator[Finding]:
    yield from predicate_findings(call.args[0], "outcome")
    kinds = [kind(value) for value in call.args[1:]]
    if len(kinds) == 1 and (kinds[0] is Type.TEXT or isinstance(call.args[1], Variable)):
        yield call, "an if() that gives text or a variable needs what it gives otherwise"
    if len(kinds) == 2 and None not in kinds and Type.ANY not in kinds and kinds[0] is not kinds[1]:
        yield call, "both outcomes of an if() are of one type"


def _compare(node: Compare) -> Iterator[Finding]:
    left, right = node.left, node.right
    if isinstance(left, String | Number | Truth) and isinstance(right, String | Number | Truth | Regex):
        yield node, "both sides are literals"
    kinds = kind(left), kind(right)
    if isinstance(right, Regex):
        if kinds[0] not in (Type.TEXT, Type.ANY, None):
            yield node, "a regex is for text"
        if is_enum(left):
            yield node, "an enumerated field takes no regex"
    elif None not in kinds and Type.ANY not in kinds and kinds[0] is not kinds[1]:
        yield node, f"a {_name(kinds[0])} cannot be compared with a {_name(kinds[1])}"
    elif node.operator not in ("=", "!=") and Type.TRUTH in kinds:
        yield node, "truth values have no order"
    if node.nocase:
        if is_enum(left) or is_enum(right):
            yield node, "nocase is not for enumerated fields"
        elif {Type.NUMBER, Type.TRUTH, Type.LIST} & set(kinds):
            yield node, "nocase is for text"
    yield from _quantifiers(node)
    for side, other in ((left, right), (right, left)):
        if is_enum(side) and isinstance(other, String) and not _is_enum_name(other.text):
            yield node, f"{other.text!r} is not a name of an enumerated value"


def _quantifiers(node: Compare) -> Iterator[Finding]:
    quantified = [one for one in walk(node) if isinstance(one, Quantified)]
    if len(quantified) > 1:
        yield node, "any and all cannot join two repeated fields"
    elif quantified and (isinstance(node.left, Variable) or isinstance(node.right, Variable)):
        yield node, "any and all are not for placeholders"
    elif quantified and any(
        isinstance(one, Path) and one.variable != quantified[0].path.variable for one in walk(node)
    ):
        yield node, "any and all cannot join fields of two events"


def _is_enum_name(text: str) -> bool:
    return text.isascii() and text.isupper() and text.replace("_", "").isalnum()


def _name(kind_: Type | None) -> str:
    return {Type.TEXT: "text", Type.NUMBER: "number", Type.TRUTH: "truth value"}.get(kind_ or Type.ANY, "list")
