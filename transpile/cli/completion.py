"""`transpile completion`: a script that completes commands, options and their choices in a shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from transpile.cli import Exit, common

app = common.make_app()


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


class _Flag(NamedTuple):
    """An option: its names, what it takes (words, `file`, or nothing), and its help."""

    names: tuple[str, ...]
    words: tuple[str, ...]
    takes_value: bool
    about: str


@app.command()
def completion(
    shell: Annotated[Shell, typer.Argument(help="Shell: bash, zsh or fish.", metavar="SHELL")],
) -> int:
    """Print a script that completes commands, options and choices; load it where your shell starts.

    bash: eval "$(transpile completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc. fish: transpile
    completion fish > ~/.config/fish/completions/transpile.fish.
    """
    from transpile.cli.main import COMMANDS

    flags = {name: list(_flags(name)) for name in COMMANDS}
    print("\n".join(_fish(COMMANDS, flags) if shell is Shell.FISH else _bash(COMMANDS, flags, shell)))
    return Exit.FINE


def _flags(command: str) -> Iterator[_Flag]:
    """The options of a command, and of the commands below it."""
    yield from _flags_of(typer.main.get_command(import_module(f"transpile.cli.{command}").app))


def _flags_of(command: Any) -> Iterator[_Flag]:
    from transpile import dialects
    from transpile.pipelines.load import names

    known = {"to": dialects.writers(), "read": dialects.readers(), "model": names(), "source_model": names()}
    for parameter in command.params:
        options = [one for one in (*parameter.opts, *parameter.secondary_opts) if one.startswith("-")]
        if options:
            words = known.get(parameter.name) or _choices(parameter)
            about = (getattr(parameter, "help", "") or "").partition(". ")[0]
            yield _Flag(tuple(options), tuple(words), not getattr(parameter, "is_flag", False), about)
    for below in getattr(command, "commands", {}).values():
        yield from _flags_of(below)


def _choices(parameter: Any) -> tuple[str, ...]:
    """The values of an option that takes one of a few."""
    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    return tuple(str(one.value) for one in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def _below(name: str) -> tuple[str, ...]:
    command: Any = typer.main.get_command(import_module(f"transpile.cli.{name}").app)
    return tuple(getattr(command, "commands", ()))


def _bash(commands: Mapping[str, str], flags: Mapping[str, Sequence[_Flag]], shell: Shell) -> Iterator[str]:
    """For bash, and for zsh by its emulation of bash."""
    if shell is Shell.ZSH:
        yield "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit"
    yield "_transpile() {"
    yield '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"'
    yield '  if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f'    COMPREPLY=($(compgen -W "{" ".join(commands)} --help --version" -- "$word")); return'
    yield "  fi"
    yield '  case "${COMP_WORDS[1]}:$before" in'
    for name, found in flags.items():
        for one in found:
            if one.words:
                places = "|".join(f"{name}:{option}" for option in one.names)
                yield f'    {places}) COMPREPLY=($(compgen -W "{" ".join(one.words)}" -- "$word")); return ;;'
    yield "  esac"
    yield '  case "${COMP_WORDS[1]}" in'
    for name, found in flags.items():
        options = " ".join(dict.fromkeys(option for one in found for option in one.names))
        words = " ".join(filter(None, (" ".join(_below(name)), options, "--help")))
        yield f'    {name}) [[ "$word" == -* || -z "$word" ]] && COMPREPLY=($(compgen -W "{words}" -- "$word")) ;;'
    yield "  esac"
    yield "}"
    yield "complete -o bashdefault -o default -F _transpile transpile"


def _fish(commands: Mapping[str, str], flags: Mapping[str, Sequence[_Flag]]) -> Iterator[str]:
    for name, about in commands.items():
        yield f"complete -c transpile -n __fish_use_subcommand -f -a {name} -d {_quoted(about)}"
    for name, found in flags.items():
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        for below in _below(name):
            yield f"complete -c transpile {seen} -f -a {below}"
        for one in found:
            names = " ".join(f"-l {part[2:]}" if part.startswith("--") else f"-s {part[1:]}" for part in one.names)
            words = f" -x -a {_quoted(' '.join(one.words))}" if one.words else " -r" if one.takes_value else ""
            yield f"complete -c transpile {seen} {names}{words} -d {_quoted(one.about)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
