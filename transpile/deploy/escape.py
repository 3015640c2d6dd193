"""Escaping: each value that a template writes goes through the filter of the file's format.

Every filter takes any string (a title is data, whatever it holds) and gives text that the format's own reader turns
back into that string; where a format cannot hold a character, the filter's docstring says what becomes of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

# Characters that end a line somewhere, are invisible, or turn the direction of what follows.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BLANKS = re.compile(r"\s+")


def clean(value: str) -> str:
    """The text without control characters, lone surrogates and direction marks; line breaks become `\\n`."""
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def duration(minutes: int) -> str:
    """A duration in its largest whole unit: `90m`, `2h`, `2d`.

    >>> duration(90), duration(120), duration(2880)
    ('90m', '2h', '2d')
    """
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def one_line(value: str) -> str:
    """The text on one line: `clean`, with each run of blanks as one blank.

    >>> one_line("a\\n  b ")
    'a b'
    """
    return _BLANKS.sub(" ", clean(value)).strip()


def cut(value: str, limit: int) -> str:
    """The text, ended with `…` where it is longer than `limit` characters."""
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON in ASCII (any reader takes it, and no character of it can break a line); keys keep their order."""
    return json.dumps(value, ensure_ascii=True, indent=indent)


def yaml_scalar(value: Any) -> str:
    """A YAML 1.2 (and 1.1) flow value: JSON is a subset of YAML, so JSON it is, bare for plain words.

    Characters outside the Basic Multilingual Plane are written as themselves: a pair of `\\u` escapes is two
    characters in YAML.

    >>> yaml_scalar("High"), yaml_scalar("yes"), yaml_scalar("a: b")
    ('High', '"yes"', '"a: b"')
    """
    if isinstance(value, str):
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) and value.lower() not in _YAML_WORDS:
            return value
        return _quoted(value, "\\x{:02x}", "\\u{:04x}")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(yaml_scalar(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_scalar(k)}: {yaml_scalar(v)}" for k, v in value.items()) + "}"
    return to_json(value)


_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def yaml_block(value: str, indent: int) -> str:
    """A text as a YAML literal block (`|-`) where that says exactly the text, else as a quoted scalar.

    `indent` is how many blanks stand before each line of the block.
    """
    lines = value.split("\n")
    plain = (
        value == clean(value)
        and "\t" not in value
        and len(lines) > 1
        and all(line == line.rstrip() for line in lines)
        and lines[0].strip() != ""
        and lines[-1] != ""
        and not lines[0].startswith(" ")
    )
    if not plain:
        return yaml_scalar(value)
    return "|-\n" + "\n".join(" " * indent + line if line else "" for line in lines)


def toml_string(value: str) -> str:
    """A basic TOML string.

    >>> toml_string('say "hi"')
    '"say \\\\"hi\\\\""'
    """
    return _quoted(value, "\\u00{:02x}", "\\u{:04x}")


def toml_block(value: str) -> str:
    """A text as a literal TOML string (nothing escaped, so queries stay readable), else a basic one.

    One of several lines gets a line break at its end, as the public rule repositories write it.
    """
    if "'''" in value or value.endswith("'") or value != clean(value):
        return toml_string(value)
    return f"'''\n{value}\n'''" if "\n" in value else (f"'{value}'" if "'" not in value else f"'''{value}'''")


def toml_value(value: Any) -> str:
    """Any TOML value on one line: strings, numbers, truth values, lists, inline tables."""
    match value:
        case str():
            return toml_string(value)
        case list() | tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case Mapping():
            return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }"
        case _:
            return to_json(value)


def hcl_string(value: str) -> str:
    """A quoted HCL (Terraform) string: as JSON, and `${` and `%{` doubled so that nothing is interpolated.

    >>> hcl_string("${var.x}")
    '"$${var.x}"'
    """
    quoted = _quoted(value, "\\u00{:02x}", "\\u{:04x}")
    return quoted.replace("${", "$${").replace("%{", "%%{")


def bicep_string(value: str) -> str:
    """A Bicep string: single quotes, and `${` escaped so that nothing is interpolated.

    >>> bicep_string("it's ${x}")
    "'it\\\\'s \\\\${x}'"
    """
    text = _drop_lone_surrogates(value).replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "'" + _CONTROL.sub(lambda found: f"\\u{{{ord(found.group()):x}}}", text) + "'"


def bicep_block(value: str) -> str:
    """A text as a multi-line Bicep string, in which nothing is escaped, or a plain one where that cannot hold it."""
    if "\n" not in value or "'''" in value or value.endswith("'") or value != clean(value):
        return bicep_string(value)
    return f"'''\n{value}'''"


def hcl_block(value: str) -> str:
    """A text as an HCL heredoc (with a line break at its end), or a quoted string where that cannot hold it."""
    lines = value.split("\n")
    if len(lines) == 1 or value != clean(value) or any(line.strip() == "QUERY" for line in lines):
        return hcl_string(value)
    return "<<QUERY\n" + value.replace("${", "$${").replace("%{", "%%{") + "\nQUERY"


def arm(value: Any, indent: int | None = None) -> str:
    """JSON for an Azure Resource Manager template, where a string in square brackets would be an expression.

    >>> arm("[concat()]")
    '"[[concat()]"'
    """
    return to_json(_without_expressions(value), indent)


def _without_expressions(value: Any) -> Any:
    match value:
        case str():
            return "[" + value if value.startswith("[") and value.endswith("]") else value
        case list() | tuple():
            return [_without_expressions(item) for item in value]
        case Mapping():
            return {key: _without_expressions(item) for key, item in value.items()}
        case _:
            return value


def conf_value(value: str) -> str:
    """A value of a Splunk .conf file, kept on its line(s): line breaks are continued with a backslash.

    A .conf file cannot say a line that ends in a backslash: such a line is joined with the next by a blank, and at
    the text's end a full stop is put behind it. Blanks at the ends of lines and control characters are dropped.
    """
    lines: list[str] = []
    for line in clean(value).strip().split("\n"):
        if lines and lines[-1].endswith("\\"):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
    if lines[-1].endswith("\\"):
        lines[-1] += "."
    return " \\\n".join(lines)


def conf_stanza(value: str, limit: int = 99) -> str:
    """A stanza's name: on one line, brackets as parentheses, no trailing backslash, at most `limit` characters.

    >>> conf_stanza("a]\\n[b\\\\")
    'a) (b'
    """
    line = one_line(value).replace("[", "(").replace("]", ")").rstrip("\\ ")
    return cut(line, limit)


def markdown(value: str) -> str:
    """Text as Markdown on one line, its marks escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", one_line(value))


def _drop_lone_surrogates(value: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def _quoted(value: str, short: str, long: str) -> str:
    """`value` in double quotes with JSON's escapes; what is invisible as `short` (one byte) or `long` (four digits).

    A lone surrogate is not a character and becomes U+FFFD.
    """
    text = _drop_lone_surrogates(value).replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")

    def escaped(found: re.Match[str]) -> str:
        code = ord(found.group())
        return short.format(code) if code < 0x100 else long.format(code)

    return '"' + _CONTROL.sub(escaped, text) + '"'


FILTERS: Mapping[str, Callable[..., str]] = {
    "json": to_json,
    "yaml": yaml_scalar,
    "yaml_block": yaml_block,
    "toml": toml_value,
    "toml_block": toml_block,
    "hcl": hcl_string,
    "hcl_block": hcl_block,
    "bicep": bicep_string,
    "bicep_block": bicep_block,
    "arm": arm,
    "conf": conf_value,
    "stanza": conf_stanza,
    "markdown": markdown,
    "one_line": one_line,
}
