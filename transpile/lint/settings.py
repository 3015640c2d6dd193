"""Which lint rules run, how severe their findings are, and for which rules they are silent.

`parse_settings` reads the `[lint]` table of a project file:

    [lint]
    enable = ["sigmahq"]              # codes or names; "sigmahq" and "all" are groups
    disable = ["title-case"]
    [lint.severity]
    missing-author = "error"          # error, warning, note or off
    [lint.options]
    title-length = 100
    [lint.exclude]                    # by the rule's id
    5013198a-7ef4-4a4f-a6fc-ee6ed0a1dd2c = ["unknown-field"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from transpile.codes import Code, Effect, codes_of
from transpile.diagnostics import Diagnostic, Severity
from transpile.dialects.sigma import codes as reading
from transpile.dialects.sigma.guess import guess
from transpile.lint.codes import CODES as LINT
from transpile.lint.codes import LintCode
from transpile.lint.options import LintOptions
from transpile.record import record

_GROUPS = ("all", "sigmahq")
_SECTIONS = ("enable", "disable", "severity", "options", "exclude")
_OFF = "off"
KNOWN: Mapping[str, Code] = MappingProxyType({**{code.id: code for code in codes_of(reading)}, **LINT})


class LintSettingsError(ValueError):
    """The settings cannot be used; the message names what is wrong and what is valid."""


@record
class LintSettings:
    """What to look for. `ignored` are codes of other rooms (notes of reading) that are not to be shown.

    `exclusions`: by a rule's id in lower case, the codes that are not told for it.
    """

    enabled: frozenset[str] = frozenset(code for code, row in LINT.items() if row.on)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    exclusions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    options: LintOptions = field(default_factory=LintOptions)

    def adjust(self, diagnostic: Diagnostic, rule: str | None) -> Diagnostic | None:
        """A finding with the severity that is asked for; None if it is not to be shown.

        What keeps a rule from being read or converted is always an error.
        """
        code = diagnostic.kind.id
        if diagnostic.effect is not Effect.NOTE:
            return diagnostic
        if code in self.ignored or (rule and code in self.exclusions.get(rule.lower(), ())):
            return None
        severity = self.severities.get(code)
        return diagnostic._replace(severity=severity) if severity else diagnostic


DEFAULTS = LintSettings()


@cache
def _names() -> Mapping[str, str]:
    return MappingProxyType({row.name: code for code, row in LINT.items()})


def is_of_linter(code: Code) -> bool:
    """Whether only the linter reports the code, and reading a rule never does."""
    return isinstance(code, LintCode) or code == reading.SIG079


def resolve(word: str) -> str | None:
    """The code for a code or a lint rule's name; None if there is neither.

    >>> resolve("missing-id"), resolve("sig056"), resolve("nonsense")
    ('LNT001', 'SIG056', None)
    """
    upper = word.strip().upper()
    return upper if upper in KNOWN else _names().get(word.strip().lower())


def nearest(word: str) -> str:
    """A question with the nearest name or code; empty if none is near."""
    close = guess(word.lower(), list(_names())) or guess(word.upper(), list(LINT), cutoff=0.8)
    return f"did you mean `{close}`?" if close else ""


def parse_settings(data: Mapping[str, Any]) -> LintSettings:
    """Settings from the content of a `[lint]` table. Raises `LintSettingsError`.

    >>> "LNT013" in parse_settings({"enable": ["title-case"]}).enabled
    True
    """
    for key in data:
        if key not in _SECTIONS:
            close = guess(str(key), _SECTIONS)
            raise LintSettingsError(f"[lint] has no `{key}`" + (f"; did you mean `{close}`?" if close else ""))
    enable, disable = _words(data.get("enable", ())), _words(data.get("disable", ()))
    enabled = (DEFAULTS.enabled | _groups(enable)) - _groups(disable) | _named(enable)
    disabled = _named(disable)
    severities: dict[str, Severity] = {}
    for word, level in _table(data, "severity").items():
        code = _code(str(word))
        if level == _OFF:
            disabled |= {code}
        elif level in tuple(Severity):
            severities[code] = Severity(level)
            enabled |= {code}
        else:
            raise LintSettingsError(f"[lint.severity] `{word}` is `{level}`; expected error, warning, note or off")
    exclusions = {
        str(rule).lower(): _groups(_words(words)) | _named(_words(words))
        for rule, words in _table(data, "exclude").items()
    }
    return LintSettings(
        frozenset(code for code in enabled - disabled if code in LINT),
        severities,
        frozenset(disabled - severities.keys()),
        exclusions,
        _options(_table(data, "options")),
    )


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise LintSettingsError(f"[lint.{key}] must be a table")
    return found


def _words(words: Any) -> list[str]:
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise LintSettingsError(f"expected a list of codes and names, not `{words}`")
    return list(map(str, words))


def _groups(words: list[str]) -> frozenset[str]:
    """The lint rules of the groups that are named."""
    found = {code for code, row in LINT.items() if not row.on} if "sigmahq" in words else set()
    return frozenset(LINT) if "all" in words else frozenset(found)


def _named(words: list[str]) -> frozenset[str]:
    """The codes that are named one by one, which goes before groups."""
    return frozenset(_code(word) for word in words if word not in _GROUPS)


def _code(word: str) -> str:
    code = resolve(word)
    if code is None:
        hint = nearest(word)
        raise LintSettingsError(f"no lint rule `{word}`" + (f"; {hint}" if hint else ""))
    return code


def _options(data: Mapping[str, Any]) -> LintOptions:
    known = {one.name.replace("_", "-"): one.name for one in fields(LintOptions) if one.name != "today"}
    changes: dict[str, Any] = {}
    for key, value in data.items():
        name = known.get(str(key))
        if name is None:
            close = guess(str(key), known)
            raise LintSettingsError(f"[lint.options] has no `{key}`" + (f"; did you mean `{close}`?" if close else ""))
        wants_list = isinstance(getattr(DEFAULTS.options, name), tuple)
        if wants_list != isinstance(value, list) or not (wants_list or type(value) is int):
            raise LintSettingsError(f"[lint.options] `{key}` must be {'a list' if wants_list else 'a number'}")
        changes[name] = tuple(map(str, value)) if wants_list else value
    return replace(LintOptions(), **changes)
