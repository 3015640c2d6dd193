"""`transpile catalog`: what many rules look for, by technique, field, value and event."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from transpile.cli import Exit, common, selecting
from transpile.cli.ask import write
from transpile.diagnostics import printable

app = common.make_app()


class AnswerFormat(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MD = "md"


class ExportForm(StrEnum):
    """What a whole catalog is written as."""

    NDJSON = "ndjson"
    CSV = "csv"
    NAVIGATOR = "navigator"


Database = Annotated[Path, typer.Option("--db", help="The catalog's file.", metavar="FILE")]
FormOption = Annotated[AnswerFormat, typer.Option("--format", "-f", help="How to write the answer.")]
Vendor = Annotated[str | None, typer.Option("--vendor", help="Count the rules of one vendor only.", metavar="NAME")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many rows to list.")]
DB = Path("catalog.sqlite")


@app.command()
def build(
    paths: Annotated[list[str], typer.Argument(help="Repositories, folders or files with rules.", metavar="PATHS")],
    db: Database = DB,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    jobs: common.Jobs = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> int:
    """Read rules of every language and write or update the catalog. Only changed files are read again.

    Rules that cannot be read are kept with the reason; `transpile catalog stats` counts the reasons, and
    `transpile catalog search` finds the rules.
    """
    from transpile.catalog.database import CatalogError
    from transpile.catalog.store import build
    from transpile.selection import select

    with common.usage_errors(CatalogError, OSError, ValueError, sqlite3.Error):
        built = build(paths, db, jobs, exclude or (), changed_since, select(where, ids))
    for path, code, message in built.failed:
        print(printable(f"{path}: error {code}: {message}"), file=sys.stderr)
    if not quiet:
        stats = f"transpile catalog stats{'' if db == DB else f' --db {db}'}"
        unread = f", {built.unread:,} of them unread ({stats} shows why)" if built.unread else ""
        read = f"read {built.read:,} of {built.files:,} files, {built.gone:,} gone"
        print(printable(f"{db}: {built.rules:,} rules{unread}; {read}"))
    return Exit.FINE


@app.command()
def prove(
    db: Database = DB,
    jobs: common.Jobs = None,
    translations: Annotated[bool, typer.Option(help="Also write each rule in every other language.")] = True,
) -> int:
    """Find rules that are equal or contained in each other, proven by events, and translate every rule."""
    from transpile.catalog.relations import prove_relations
    from transpile.catalog.translations import prove_translations

    with _opened(db, write=True) as catalog:
        print(f"{prove_relations(catalog, jobs):,} pairs of rules are equal, or one contains the other")
        if translations:
            print(f"{prove_translations(catalog, jobs):,} rules written in other languages")
    return Exit.FINE


@app.command()
def technique(
    id_: Annotated[str, typer.Argument(help="Technique, such as T1021.002.", metavar="ID")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
    vendor: Vendor = None,
) -> int:
    """Show what the rules of a technique look for."""
    from transpile.catalog.pages import technique_page

    return _answer(db, form, lambda catalog: technique_page(catalog, id_, _vendor(vendor)))


@app.command()
def rule(
    name: Annotated[str, typer.Argument(help="Id, path or title of a rule.", metavar="RULE")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
) -> int:
    """Show one rule: what it looks for, how many others do, and which rules are equal to it or contain it."""
    from transpile.catalog.pages import rule_page

    return _answer(db, form, lambda catalog: rule_page(catalog, name))


@app.command()
def field(
    name: Annotated[str, typer.Argument(help="Field, by any vendor's name.", metavar="FIELD")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
    limit: Limit = 50,
) -> int:
    """Show how rules use a field."""
    from transpile.catalog.queries import field_page

    return _answer(db, form, lambda catalog: field_page(catalog, name, limit))


@app.command()
def value(
    text: Annotated[str, typer.Argument(help="Text in a value.", metavar="TEXT")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
    limit: Limit = 50,
) -> int:
    """Find the rules that look for a value."""
    from transpile.catalog.queries import value_page

    return _answer(db, form, lambda catalog: value_page(catalog, text, limit))


@app.command()
def event(
    name: Annotated[str, typer.Argument(help="Event: 4688, 'Sysmon 1', 'DeviceLogonEvents'.", metavar="EVENT")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
    limit: Limit = 50,
) -> int:
    """Show the rules that look for an event."""
    from transpile.catalog.queries import event_page

    return _answer(db, form, lambda catalog: event_page(catalog, name, limit))


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Words of a title, a description or a rule.", metavar="TEXT")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
    vendor: Vendor = None,
    limit: Limit = 50,
) -> int:
    """Find rules by words, including rules that could not be read."""
    from transpile.catalog.queries import search as found

    return _answer(db, form, lambda catalog: found(catalog, text, limit, _vendor(vendor)))


@app.command()
def stats(db: Database = DB, form: FormOption = AnswerFormat.TEXT) -> int:
    """Show what the catalog holds, how much was read, and why the rest was not."""
    from transpile.catalog.queries import stats as counted

    return _answer(db, form, counted)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Catalog before.", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="Catalog after.", metavar="NEW")],
    form: FormOption = AnswerFormat.TEXT,
) -> int:
    """Compare two catalogs: rules added, gone, changed in meaning, or only in words."""
    from transpile.catalog.advice import diff as compared

    with _opened(old) as before:
        return _answer(new, form, lambda catalog: compared(before, catalog))


@app.command()
def coverage(
    mine: Annotated[Path, typer.Argument(help="My rules: a folder, or a catalog of them.", metavar="MINE")],
    against: Annotated[Path, typer.Option("--against", help="The catalog to compare with.", metavar="FILE")],
    form: FormOption = AnswerFormat.TEXT,
) -> int:
    """Compare my rules with another catalog's, technique by technique."""
    from transpile.catalog.advice import coverage as compared

    with _own(mine) as own:
        return _answer(against, form, lambda catalog: compared(own, catalog))


@app.command()
def gaps(
    id_: Annotated[str, typer.Argument(help="Technique, such as T1021.002.", metavar="ID")],
    db: Database = DB,
    mine: Annotated[
        Path | None,
        typer.Option("--mine", help="My rules, to leave out what I have: a folder, or a catalog.", metavar="PATH"),
    ] = None,
    form: FormOption = AnswerFormat.TEXT,
) -> int:
    """Show what others look for under a technique, with a Sigma rule to start from."""
    from transpile.catalog.advice import gaps as found

    if mine is None:
        return _answer(db, form, lambda catalog: found(catalog, id_))
    with _own(mine) as own:
        return _answer(db, form, lambda catalog: found(catalog, id_, own))


@app.command()
def triggers(
    events: Annotated[list[str], typer.Argument(help="Logs: JSON, JSON lines, EVTX.", metavar="EVENTS")],
    db: Database = DB,
    form: FormOption = AnswerFormat.TEXT,
) -> int:
    """Show which rules of the catalog your events trigger, in whatever language they were written."""
    from transpile.catalog.advice import triggers as found
    from transpile.matching.logs import find_logs

    with common.usage_errors(OSError, ValueError):
        paths = find_logs(events)
    return _answer(db, form, lambda catalog: found(catalog, paths))


@app.command()
def export(
    db: Database = DB,
    form: Annotated[ExportForm, typer.Option("--format", "-f", help="What to write.")] = ExportForm.NDJSON,
) -> int:
    """Write the whole catalog: rules as JSON lines, predicates as CSV, or an ATT&CK Navigator layer."""
    from transpile.catalog import export as exports

    with _opened(db) as catalog:
        match form:
            case ExportForm.NDJSON:
                sys.stdout.writelines(exports.json_lines(catalog))
            case ExportForm.CSV:
                sys.stdout.writelines(exports.csv_lines(catalog))
            case ExportForm.NAVIGATOR:
                from transpile.catalog.queries import layer

                print(json.dumps(layer(catalog), indent=2))
    return Exit.FINE


@app.command()
def site(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.", metavar="DIR")],
    db: Database = DB,
    bodies: Annotated[bool, typer.Option(help="Show the text of rules whose licence is known.")] = True,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            "--licence", help="Licence of a vendor's rules that name none; may be repeated.", metavar="VENDOR=TEXT"
        ),
    ] = None,
    playground: Annotated[
        str | None,
        typer.Option("--playground", help="Address of a playground in which the pages can open rules.", metavar="URL"),
    ] = None,
) -> int:
    """Write the catalog as a folder of pages that work without a server."""
    from transpile.catalog.playground import checked
    from transpile.catalog.site import write_site

    licences = {}
    for one in licence or ():
        name, sign, text = one.partition("=")
        if not sign or not text.strip():
            raise common.UsageError(f"--licence {one!r}: expected VENDOR=TEXT")
        licences[str(_vendor(name.strip()))] = text.strip()
    with common.usage_errors(ValueError):
        address = checked(playground) if playground else None
    with _opened(db) as catalog, common.usage_errors(OSError):
        written = write_site(catalog, output, bodies=bodies, licences=licences, playground=address)
    print(f"{written:,} pages; open {output / 'index.html'}")
    return Exit.FINE


@app.command()
def serve(
    db: Database = DB,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 for a free one.")
    ] = 8650,
) -> int:
    """Answer queries as JSON over HTTP, on this machine only, without writing anything."""
    from transpile.catalog.serve import serve as served

    _opened(db).close()
    with common.usage_errors(OSError):
        served(db, port)
    return Exit.FINE


@contextmanager
def _own(mine: Path) -> Iterator[sqlite3.Connection]:
    """The user's catalog; of a folder of rules, one that is made for this answer."""
    from transpile.catalog.store import build

    with TemporaryDirectory() as folder:
        made = Path(folder, "mine.sqlite")
        if mine.is_dir():
            with common.usage_errors(OSError):
                build([str(mine)], made)
        with _opened(made if mine.is_dir() else mine) as catalog:
            yield catalog


def _opened(db: Path, *, write: bool = False) -> Any:
    from contextlib import closing

    from transpile.catalog.database import CatalogError, open_catalog

    with common.usage_errors(CatalogError, FileNotFoundError, sqlite3.Error):
        return _Closing(closing(open_catalog(db, write=write)))


class _Closing:
    """A connection as a context manager that closes it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> sqlite3.Connection:
        found: sqlite3.Connection = self._inner.__enter__()
        return found

    def __exit__(self, *reason: object) -> None:
        self._inner.__exit__(*reason)

    def close(self) -> None:
        """Close the connection."""
        self._inner.__exit__(None, None, None)


def _vendor(name: str | None) -> str | None:
    """A vendor by its name in any case."""
    from transpile.catalog.names import vendors

    if name is None:
        return None
    known = {one.lower(): one for one in vendors()}
    if name.lower() not in known:
        raise common.UsageError(f"unknown vendor {name!r}{common.did_you_mean(name, vendors())}")
    return known[name.lower()]


def _answer(db: Path, form: AnswerFormat, ask: Callable[[sqlite3.Connection], dict[str, Any]]) -> int:
    """Ask a catalog and write the answer."""
    from transpile.catalog.pages import UnknownError

    with _opened(db) as catalog, common.usage_errors(UnknownError):
        page = ask(catalog)
    write(page, form.value)
    return Exit.FINE
