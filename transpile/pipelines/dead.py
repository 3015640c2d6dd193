"""What a rule asks that no event of its logs has: said alike in every language, beside the query.

Two kinds: a condition that contradicts itself or its log source, and a value that the logs cannot hold. Of fields, only
those that an event of Windows has once are taken for single-valued.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from transpile.diagnostics import Diagnostic, diagnose
from transpile.ir.expr import FALSE, TRUE, And, Expr, Match, Not, Or
from transpile.ir.match import Field, Number, Pattern, Shape
from transpile.ir.meaning import NEVER, form, is_never
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, Stream
from transpile.ir.walk import all_events, leaves
from transpile.pipelines import codes
from transpile.pipelines.load import kinds
from transpile.pipelines.logsource import AUDITED
from transpile.source import Span

EVENT_ID = "EventID"
_SINGLE = frozenset({EVENT_ID, "Channel", "Provider_Name", "EventType", "LogonType"})

# Fields of paths and names of files, in which Windows allows neither wildcards nor line breaks.
_PATHS = frozenset(
    (
        *("Image", "ParentImage", "SourceImage", "TargetImage", "ImageLoaded", "GrandParentImage", "CurrentDirectory"),
        *("NewProcessName", "ParentProcessName", "ProcessName"),
        *("TargetFilename", "SourceFilename", "OriginalFileName"),
    )
)
_ONE_LINE = _PATHS | {"TargetObject", "PipeName", "ServiceName", "User", "QueryName"}
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_LAYOUT = re.compile(r"[\t\n\r]")
_ADDRESS = re.compile(r"ip(addr(ess)?)?$|ip$|_ip|ip_|^(src|dst)$|address$", re.IGNORECASE)
_NETWORK = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}|[0-9a-f:]*::?[0-9a-f:]*/\d{1,3}", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"[DQ]WORD \((?!0x)[0-9a-f]", re.IGNORECASE)
_PAGE = re.compile(r"\.(php|jspx?|aspx?|ashx|asmx|cgi|action|do|html?|js)\b", re.IGNORECASE)
_LOCAL = re.compile("/(etc|proc|bin|usr|var|tmp|root|home|dev|windows)/", re.IGNORECASE)
_QUERY = frozenset({"cs-uri-query", "c-uri-query"})


def findings(rule: Rule, told: Collection[Span | None] = ()) -> Iterator[Diagnostic]:
    """What of a rule can match nothing, as notes with their places; not of values at places `told` of already."""
    for events in all_events(rule.body):
        yield from _contradictions(events)
        for leaf in leaves(events.condition):
            if leaf.span is not None and leaf.span in told:
                continue
            if isinstance(leaf, Match) and isinstance(leaf.value, Field) and isinstance(leaf.test, Pattern):
                reason = _reason(leaf.value.name, leaf.test)
                if reason:
                    yield diagnose(codes.MAP019, leaf.span, field=leaf.value.name, reason=reason)


def never_alerts(body: Stream) -> bool:
    """Whether a rule never alerts, since what must happen contradicts itself or its log source."""
    return is_never(body, lambda events: _why_dead(events) is not None)


def _contradictions(events: Events) -> Iterator[Diagnostic]:
    """Why the whole condition can never hold, or always does."""
    reason = "it is always true" if events.condition == TRUE else _why_dead(events)
    if reason is not None:
        yield diagnose(codes.MAP018, events.logsource_span, reason=reason)


def _why_dead(events: Events) -> str | None:
    """Why no event of the log source can match; None if one may."""
    if events.condition == FALSE:
        return "it can never be true"
    branches = events.condition.args if isinstance(events.condition, Or) else (events.condition,)
    reasons = [_clash(branch, events) for branch in branches]
    return next(filter(None, reasons)) if all(reasons) else None


def _clash(branch: Expr, events: Events) -> str | None:
    """Why an alternative of a condition can never hold; None if it may."""
    required = list(_conjuncts(branch))
    if any(isinstance(part, Not) for part in required) and form(branch) == NEVER:
        return "it asks for a part and excludes it"
    allowed: dict[str, frozenset[str]] = {}
    if (kind := kinds().get(events.logsource)) and kind.facts.get("event_id"):
        allowed[EVENT_ID] = frozenset((*kind.facts["event_id"], *kind.facts.get(AUDITED, ())))
    for part in required:
        if (asked := _values(part)) is not None:
            name, values = asked
            if name in allowed and not allowed[name] & values:
                return f"{name} cannot be {_or(allowed[name])} and {_or(values)} at once"
            allowed[name] = allowed.get(name, values) & values
    return None


def _conjuncts(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, And):
        for arg in expr.args:
            yield from _conjuncts(arg)
    elif isinstance(expr, Not) and isinstance(expr.arg, Or):
        yield from (Not(arg) for arg in expr.arg.args)
    else:
        yield expr


def _values(expr: Expr) -> tuple[str, frozenset[str]] | None:
    """A field that has one value, and the values that a test of it allows; None for any other test."""
    match expr:
        case Match(Field(name), Number(number)) if name in _SINGLE:
            return name, frozenset({str(number)})
        case Match(Field(name), Pattern() as pattern) if name in _SINGLE and pattern.shape is Shape.EQUALS:
            return name, frozenset({pattern.literal.casefold()})
        case Or(args):
            return _alternatives(args)
        case _:
            return None


def _alternatives(args: tuple[Expr, ...]) -> tuple[str, frozenset[str]] | None:
    """`_values` of an OR, all of whose alternatives must test the same field."""
    name, allowed = "", frozenset[str]()
    for arg in args:
        asked = _values(arg)
        if asked is None or (name and asked[0] != name):
            return None
        name, allowed = asked[0], allowed | asked[1]
    return (name, allowed) if name else None


def _or(values: frozenset[str]) -> str:
    return " or ".join(sorted(values))


def _reason(name: str, test: Pattern) -> str | None:
    """Why no event can hold what a test asks for; None if one may."""
    text = test.literal
    if not text.isprintable():
        if "\0" in text:
            return "it has NUL characters, which logged text has not; `wide` needs `base64offset` behind it"
        if _CONTROL.search(text) or (name in _ONE_LINE and _LAYOUT.search(text)):
            return (
                "it has a control character; a backslash is an escape in double quotes of YAML, and none in single ones"
            )
    if name in _PATHS and ("*" in text or "?" in text):
        return "no path has an asterisk or question mark of its own; without the backslash before it, it is a wildcard"
    if name == "Details" and _BARE_NUMBER.search(text):
        return "Sysmon writes numbers of the registry as `DWORD (0x00000001)`"
    if name in _QUERY and _is_url_path(test):
        return "the query of a URL begins behind `?`, and has no path; ask cs-uri-stem or the whole URL"
    if "/" in text and test.shape is Shape.EQUALS and _ADDRESS.search(name) and _NETWORK.fullmatch(text):
        return "an address is compared with a network as text; use the modifier `cidr`"
    return None


def _is_url_path(test: Pattern) -> bool:
    """Whether a test is of a path that a web server serves, and not of a file that a request tries to reach."""
    text = test.literal
    if not text.startswith("/") or "../" in text or _LOCAL.match(text):
        return False
    return test.shape in (Shape.EQUALS, Shape.STARTS) or "?" in text or _PAGE.search(text) is not None
