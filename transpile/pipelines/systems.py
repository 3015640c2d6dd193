"""Which system a query is for, where its data set holds the events of several."""

from __future__ import annotations

import re

from transpile.ir.expr import Expr, Match, Not
from transpile.ir.match import Field, Null, Pattern, Regex, Shape
from transpile.ir.stream import Events, LogSource
from transpile.ir.walk import leaves
from transpile.pipelines.forms import Condition
from transpile.pipelines.model import Model, ModelSource
from transpile.pipelines.told import tests

_WINDOWS_PATH = re.compile(r"\\|\.(?:exe|dll|ps1|bat|vbs|sys|msi|lnk|hta|scr)\b|HKEY_|HKLM|HKCU", re.IGNORECASE)
_UNIX_PATH = re.compile(r"(?:^|[\s\"'=*])/(?:bin|sbin|usr|etc|tmp|var|dev|home|root|opt|proc|private|Library|Users)\b")


# Folders and programs that macOS alone has.
_MACOS = re.compile(
    r"/Applications/|/Library/|/Users/|/Volumes/|/System/|com\.apple\.|\.app\b|\.plist\b|\b(?:osascript|osacompile|launchctl|dscl|csrutil|"
    r"sw_vers|system_profiler|PlistBuddy|plutil|hdiutil|screencapture|networksetup|dsenableroot|tmutil|mdfind|mdls|pbpaste|"
    r"xattr|chflags|firmwarepasswd|spctl|ioreg|softwareupdate|kextload|caffeinate|JamfAgent|scutil)\b"
)


def is_of_macos(events: Events) -> bool:
    """Whether a condition asks for folders or programs that macOS alone has, and for none of Windows."""
    texts = _texts(events)
    return any(map(_MACOS.search, texts)) and not any(map(_WINDOWS_PATH.search, texts))


def _texts(events: Events) -> list[str]:
    """The texts that a condition asks for."""
    return [
        leaf.test.literal if isinstance(leaf.test, Pattern) else leaf.test.pattern
        for leaf in leaves(events.condition)
        if isinstance(leaf.test, Pattern | Regex)
    ]


def is_of_windows(events: Events) -> bool | None:
    """Whether the paths in a condition are those of Windows, or of another system; None if there are none, or both."""
    texts = _texts(events)
    windows = any(map(_WINDOWS_PATH.search, texts))
    unix = any(map(_UNIX_PATH.search, texts))
    return windows if windows is not unix else None


def tells_system(condition: Condition, product: str | None) -> bool:
    """Whether a condition of a source only says which system its events are of."""
    return bool(condition.values) and {str(value).casefold() for value in condition.values} <= _words(product)


def says_system(part: Expr, model: Model, product: str | None) -> bool:
    """Whether a part of a rule only says which system its events are of, in the model's field for that."""
    return (
        isinstance(part, Match)
        and isinstance(part.value, Field)
        and part.value.name == model.system
        and {value for _, value in tests(part, {})} <= _words(product)
    )


def _words(product: str | None) -> set[str]:
    return {product, "mac"} if product == "macos" else {product} if product else set()


def is_within(source: LogSource, named: LogSource) -> bool:
    """Whether a log source is one of those that a name stands for, which may leave parts open."""
    pairs = ((named.category, source.category), (named.product, source.product), (named.service, source.service))
    return all(wanted in (None, has) for wanted, has in pairs)


def reads_index(source: ModelSource, patterns: tuple[str, ...]) -> bool:
    """Whether any of the index patterns that a file names can have events of a source."""
    if not patterns or not source.data:
        return True
    named = [pattern.partition("*")[0] for pattern in patterns]
    filled = [pattern.partition("*")[0] for pattern in source.data]
    return any(one.startswith(other) or other.startswith(one) for one in named for other in filled)


# Of the system part of an event, by the event schema of Windows.
_ALWAYS = ("EventID", "Channel", "Computer", "ComputerName", "Provider_Name")


def is_always(expr: Expr, source: ModelSource) -> bool:
    """Whether an expression on Sigma's fields asks for any value of one that every event of the log source has.

    Of Windows, the fields that a log source always has are those of an event log, which only some platforms keep.
    """
    name = _present(expr)
    kind = source.kind
    if name in _ALWAYS and ("channel" in kind.facts or kind.logsources[0].product == "windows"):
        return True
    return (bool(source.logs) or "channel" not in kind.facts) and name in kind.facts.get("always", ())


def _present(expr: Expr) -> str:
    """The field of which an expression asks that it has a value; empty if it asks anything else."""
    match expr:
        case Match(Field(name), Pattern(shape=Shape.PRESENT)) | Not(Match(Field(name), Null())):
            return name
        case _:
            return ""
