"""A session over JSON lines: one question a line in, one answer a line out, in order, for editors and servers.

    {"id": 1, "method": "convert", "rule": "title: ...", "to": ["kql"]}
    {"id": 1, "result": {"conversions": [...]}}

Whatever is asked, the session goes on: a line that cannot be answered has an answer with `error` in it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from transpile.faces import answers
from transpile.faces.limits import LimitError, checked
from transpile.source import Source

METHODS: Mapping[str, Callable[[Source, answers.ConversionRequest], dict[str, Any]]] = MappingProxyType(
    {
        "convert": answers.convert,
        "explain": answers.explain,
        "check": answers.check,
        "verify": answers.verify,
    }
)
_KINDS: Mapping[str, type] = MappingProxyType(
    {"to": list, "models": list, "read": str, "allow_approximate": bool, "keep_unmapped": bool}
)
_KNOWN = ("id", "method", "rule", "path", *_KINDS)


def serve(lines: Iterable[str]) -> Iterator[str]:
    """The answer to each line; blank lines have none."""
    gc.set_threshold(100_000)  # most of what an answer makes is gone with it, without a collector
    for line in lines:
        if line.strip():
            yield json.dumps(answer(line), ensure_ascii=False) + "\n"


def answer(line: str) -> dict[str, Any]:
    """The answer to one question: `result`, or `error` with what is wrong with it; and its `id`."""
    name: object = None
    try:
        question = json.loads(line)
        if not isinstance(question, dict):
            raise answers.AnswerError("a question is a JSON object")
        name = question.get("id")
        method, source, asked = _read(question)
        return {"id": name, "result": METHODS[method](source, asked)}
    except (answers.AnswerError, LimitError, json.JSONDecodeError) as error:
        return {"id": name, "error": str(error)}
    except Exception as error:  # a fault of ours: the session goes on
        return {"id": name, "error": f"internal error: {type(error).__name__}: {error}"}


def _read(question: Mapping[str, Any]) -> tuple[str, Source, answers.ConversionRequest]:
    """A question's parts. Raises `AnswerError` and `LimitError`."""
    for name in question:
        if name not in _KNOWN:
            raise answers.AnswerError(f"unknown key {name!r}; expected one of {', '.join(_KNOWN)}")
    method, rule, path = question.get("method"), question.get("rule"), question.get("path", "<text>")
    if not isinstance(method, str) or method not in METHODS:
        raise answers.AnswerError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
    if not isinstance(rule, str) or not isinstance(path, str):
        raise answers.AnswerError("`rule` must be the text of a rule, and `path` its name")
    given = {name: question[name] for name in _KINDS if name in question}
    for name, value in given.items():
        of_texts = not isinstance(value, list) or all(isinstance(one, str) for one in value)
        if not isinstance(value, _KINDS[name]) or not of_texts:
            raise answers.AnswerError(f"`{name}` must be of the kind {_KINDS[name].__name__}")
        given[name] = tuple(value) if isinstance(value, list) else value
    return method, Source(checked(rule, "the rule"), path), answers.ConversionRequest(**given)
