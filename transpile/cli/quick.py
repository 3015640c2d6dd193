"""Arguments of the usual forms, read by a command's own signature.

Typer builds a validator of pydantic's for each option, which takes longer than most rules. So what is plainly right is
read here, and everything else, such as `--help`, settings of a project and all mistakes, is left to Typer.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo

from transpile.record import record

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class _UnusualError(Exception):
    """Arguments, or a parameter, that are left to Typer."""


@record
class _Parameter:
    """A parameter of a command: the type of one value, and whether there may be several."""

    name: str
    info: Any
    type: type
    many: bool
    required: bool


def read(app: typer.Typer, arguments: Sequence[str]) -> tuple[Callable[..., Any], dict[str, Any]] | None:
    """The function of an application of one command, and the values for it; None where Typer must see to it."""
    commands = app.registered_commands
    if len(commands) != 1 or app.registered_callback or app.registered_groups or commands[0].callback is None:
        return None
    function = commands[0].callback
    try:
        return function, _values(
            list(map(_parameter, inspect.signature(function, eval_str=True).parameters.values())), arguments
        )
    except _UnusualError:
        return None


def _parameter(given: inspect.Parameter) -> _Parameter:
    info = next(iter(getattr(given.annotation, "__metadata__", ())), None)
    if not isinstance(info, OptionInfo | ArgumentInfo):
        raise _UnusualError
    kinds = [given.annotation.__origin__]
    if get_origin(kinds[0]) in (Union, UnionType):
        kinds = [one for one in get_args(kinds[0]) if one is not NoneType]
    many = get_origin(kinds[0]) is list
    kind = get_args(kinds[0])[0] if many else kinds[0]
    plain = not (info.callback or info.parser or info.envvar or info.exists or info.max is not None)
    if not plain or len(kinds) != 1 or not isinstance(kind, type):
        raise _UnusualError
    return _Parameter(given.name, info, kind, many, given.default is inspect.Parameter.empty)


def _values(parameters: Sequence[_Parameter], arguments: Sequence[str]) -> dict[str, Any]:
    """The value of each parameter that is given. Raises `_UnusualError`."""
    options = {name: (one, truth) for one in parameters for name, truth in _names(one).items()}
    places = [one for one in parameters if isinstance(one.info, ArgumentInfo)]
    found: dict[str, Any] = {}
    rest = iter(arguments)
    for token in rest:
        one: _Parameter | None
        name, is_joined, value = token.partition("=") if token.startswith("--") else (token, "", "")
        if name in options:
            one, truth = options[name]
            if truth is None and not is_joined:
                value = next(rest, "-?")
            if (truth is not None and is_joined) or (not is_joined and value.startswith("-") and value != "-"):
                raise _UnusualError
        elif token.startswith("-") and token != "-":
            raise _UnusualError
        else:
            one, truth, value = next((one for one in places if one.many or one.name not in found), None), None, token
        if one is None or (one.name in found and not one.many):
            raise _UnusualError
        converted = _convert(one, value) if truth is None else truth
        found[one.name] = [*found.get(one.name, ()), converted] if one.many else converted
    if any(one.required and one.name not in found for one in parameters):
        raise _UnusualError
    return found


def _names(one: _Parameter) -> dict[str, bool | None]:
    """The names of an option; of a flag, each with the truth that it says."""
    if isinstance(one.info, ArgumentInfo):
        return {}
    usual = "--" + one.name.replace("_", "-")
    # Of `Annotated[..., Option("--to", "-t")]`, the first name is in the place of a default.
    given = (one.info.default, *(one.info.param_decls or ()))
    declared = [name for name in given if isinstance(name, str) and name.startswith("-")]
    if one.type is not bool:
        return dict.fromkeys(declared or [usual])
    found: dict[str, bool | None] = {}
    for names in declared or [f"{usual}/--no-{usual[2:]}"]:
        yes, _, no = names.partition("/")
        found |= {yes: True, **({no: False} if no else {})}
    return found


def _convert(one: _Parameter, value: str) -> Any:
    """A value of a parameter's type. Raises `_UnusualError` for one that may not be right."""
    if one.type is str:
        return value
    if one.type is Path:
        place = Path(value)
        if (not one.info.dir_okay or not one.info.file_okay) and place.exists():
            raise _UnusualError
        return place
    if one.type in (int, float) and _NUMBER.fullmatch(value) and (one.type is float or value.isdigit()):
        number = one.type(value)
        if one.info.min is None or number >= one.info.min:
            return number
    if issubclass(one.type, Enum) and value in (known := {member.value: member for member in one.type}):
        return known[value]
    raise _UnusualError
