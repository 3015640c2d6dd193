"""`transpile COMMAND ...`: finds the command and runs it. Typer, and everything else, is loaded by the command."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from types import MappingProxyType
from typing import Any

from transpile.cli import Exit, Interrupted

# A command is a module `transpile.cli.<name>` with a Typer `app` whose functions return an exit code.
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "convert": "convert rules to other languages",
        "explain": "show what one rule means, how it is mapped, and its queries",
        "check": "find problems in rules, and report whether they convert",
        "verify": "prove queries by running them on events generated from their rules",
        "diff": "compare what two rules match, in any two languages",
        "test": "match rules against log files, or run the tests beside them",
        "deploy": "write deployment files in a platform's import format",
        "migrate": "convert whole folders of rules for a platform, with a report on what is left to do",
        "targets": "list the languages that rules can be converted to",
        "models": "list the data models: what each platform calls fields and log sources",
        "catalog": "show what many rules look for, by technique, field, value and event",
        "playground": "serve a page for writing rules, with their queries and proofs",
        "lsp": "run the language server for editors",
        "mcp": "run the MCP server, which offers tools to agents",
        "serve": "answer questions about rules, as JSON lines on standard input and output",
        "codes": "explain diagnostic codes",
        "init": "write a commented project file to start from",
        "config": "show the settings in effect, and where each comes from",
        "completion": "print a completion script for a shell",
    }
)

_OPTIONS = ("--version", "--help")

EPILOGUE = """\
Exit codes: 0 success, 1 findings, 2 a rule could not be read, 3 usage error or output that cannot be written.
Try `transpile COMMAND --help`, or `transpile convert rules/ --to kql,spl`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments (by default the process's own) name; the exit code."""
    code: int = Exit.CUT_OFF
    try:
        code = _dispatch(list(sys.argv[1:] if arguments is None else arguments))
        if not sys.stdout.closed:  # a server whose client has gone closes it
            sys.stdout.flush()
        return code
    except (KeyboardInterrupt, Interrupted) as error:
        print(f"transpile: interrupted{f'; {error}' if error.args else ''}", file=sys.stderr)
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:  # the reader of our output has seen enough; Typer exits with 1 then
        from transpile.report.output import discard_output, is_closed

        if not is_closed(error):
            raise
        discard_output()
        return code
    except OSError as error:  # files have their diagnostics; this is our output: a full disk, a terminal that is gone
        from transpile.report.output import discard_output

        discard_output()
        with contextlib.suppress(OSError):
            print(f"transpile: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        return Exit.USAGE_ERROR


def _dispatch(arguments: list[str]) -> int:
    match arguments:
        case [] | ["--help" | "-h" | "help", *_]:
            print(overview())
            return Exit.FINE
        case ["--version" | "-V", *_]:
            from transpile import __version__

            print(f"transpile {__version__}")
            return Exit.FINE
        case [name, *rest] if name in COMMANDS:
            return run(name, rest)
        case [name, *_]:
            from transpile.cli.common import did_you_mean

            kind, known = ("option", _OPTIONS) if name.startswith("-") else ("command", COMMANDS)
            print(f"transpile: no {kind} {name!r}{did_you_mean(name, known)}\n\n{overview()}", file=sys.stderr)
    return Exit.USAGE_ERROR


def overview() -> str:
    """The help of the whole: what there is, written from the table alone."""
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return f"""\
Usage: transpile COMMAND [ARGS]...

Convert detection rules between Sigma, SPL, KQL, EQL, ES|QL, kuery, Lucene and YARA-L, with the same meaning.

Commands:
{rows}

Options:
  --version  show the version
  --help     show this help

{EPILOGUE}"""


def run(name: str, arguments: Sequence[str]) -> int:
    """Run one command of the table; the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a file's name may hold bytes that are not text
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if name == "catalog" and import_module("transpile.cli.ask").ask(arguments):
        return Exit.FINE
    import typer

    from transpile.cli.common import UsageError
    from transpile.cli.quick import read

    app = import_module(f"transpile.cli.{name}").app
    try:
        given = _given(name, arguments)
        if not any(given.values()) and (plain := read(app, arguments)):
            function, values = plain
            return function(**values) or Exit.FINE
        code = app(args=list(arguments), prog_name=f"transpile {name}", standalone_mode=False, **given) or Exit.FINE
        if code == Exit.INTERRUPTED:  # Typer has caught it
            raise Interrupted
        return code
    except typer.TyperException as error:  # what Typer says of arguments that do not fit
        if isinstance(message := getattr(error, "message", None), str):
            vars(error)["message"] = message.removeprefix("Value error, ")
        error.show() if hasattr(error, "show") else print(f"transpile {name}: {error}", file=sys.stderr)
    except UsageError as error:
        from transpile.diagnostics import printable

        print(f"transpile {name}: {printable(str(error))}", file=sys.stderr)
    return Exit.USAGE_ERROR


def _given(name: str, arguments: Sequence[str]) -> dict[str, Any]:
    """What the project file and environment variables give to a command; nothing where it only shows its help."""
    if {"-h", "--help"} & set(arguments) or name in ("init", "config", "completion"):
        return {}
    from transpile.cli.common import load_project

    project = load_project()
    below = next((one for one in arguments if not one.startswith("-")), "")
    found = project.options(name)
    if inner := project.options(f"{name} {below}"):
        found[below] = inner
    return {"default_map": found}
