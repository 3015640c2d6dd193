"""The store, its answers, and what is made of them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from transpile.catalog import advice, collect, export, pages, queries, serve, tables
from transpile.catalog.database import CatalogError, open_catalog
from transpile.catalog.frozen import freeze, thaw
from transpile.catalog.relations import relate
from transpile.catalog.store import build
from transpile.cli import ask
from transpile.cli import catalog as catalog_commands
from transpile.cli.main import main
from transpile.conversion import Options, read_source_rules
from transpile.evaluate.reference import matches
from transpile.ir.rule import Rule
from transpile.source import Source

SCHEMAS = Path(pages.__file__).parent / "schemas"
NET, WIDE, OTHER = (f"{n * 8}-{n * 4}-4{n * 3}-8{n * 3}-{n * 12}" for n in "123")


def valid(page: dict[str, Any]) -> dict[str, Any]:
    import jsonschema

    name = page["schema"].split("/")[2]
    jsonschema.validate(json.loads(json.dumps(page)), json.loads((SCHEMAS / f"{name}.json").read_text()))
    return page


# --- the store


def test_the_order_of_paths_changes_nothing(repository: Path, tmp_path: Path) -> None:
    names = sorted(str(path) for path in repository.iterdir())
    build(names, tmp_path / "a.sqlite", jobs=1)
    build(names[::-1], tmp_path / "b.sqlite", jobs=2)
    assert (tmp_path / "a.sqlite").read_bytes() == (tmp_path / "b.sqlite").read_bytes()


def test_only_changed_files_are_read_again(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(repository, folder)
    target = tmp_path / "c.sqlite"
    assert build([str(folder)], target, jobs=1).rules == 4
    assert build([str(folder)], target, jobs=1).read == 0
    (folder / "b.yml").unlink()
    (folder / "a.yml").write_text((folder / "a.yml").read_text().replace("net1.exe", "zyxwv.exe"))
    built = build([str(folder)], target, jobs=1)
    assert (built.read, built.gone, built.rules) == (1, 1, 3)
    db = open_catalog(target)
    assert [row["title"] for row in queries.search(db, "zyxwv")["rows"]] == ["Net Use"]
    assert queries.search(db, "net1")["rows"][0]["title"] == "Net from Elastic"
    assert len(queries.search(db, "net1")["rows"]) == 1


def test_a_file_that_is_too_large_stays_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (import_module("transpile.batch.find"), collect):
        monkeypatch.setattr(module, "LARGEST", 100)
    (tmp_path / "big.yml").write_text("title: Big\n" + "# x\n" * 100)
    build([str(tmp_path)], tmp_path / "c.sqlite", jobs=1)
    (row,) = open_catalog(tmp_path / "c.sqlite").execute("select state, findings from rule")
    assert row["state"] == "unread"
    assert "IO007" in row["findings"]


def test_files_that_are_no_catalog_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("not a database, and not empty")
    with pytest.raises(CatalogError):
        open_catalog(tmp_path / "x.sqlite")
    with pytest.raises(CatalogError):
        build([str(tmp_path)], tmp_path / "x.sqlite")
    with pytest.raises(FileNotFoundError):
        open_catalog(tmp_path / "missing.sqlite")


def test_what_was_not_read_is_found_by_its_text(catalog: sqlite3.Connection) -> None:
    (found,) = queries.search(catalog, "zzyzx")["rows"]
    assert (found["title"], found["state"]) == ("Broken", "unread")


def test_conditions_keep_their_meaning_in_the_store(catalog: sqlite3.Connection) -> None:
    (row,) = catalog.execute("select frozen from rule where key = ?", (NET,))
    rule = thaw(row["frozen"])
    assert freeze(rule) == row["frozen"]
    assert matches(rule, {"Image": "C:\\NET.exe", "CommandLine": "net use x"})
    assert not matches(rule, {"Image": "C:\\net.exe", "CommandLine": "net use x", "SubjectUserName": "a$"})


# --- answers


def test_the_page_of_a_technique(catalog: sqlite3.Connection) -> None:
    page = valid(pages.technique_page(catalog, "t1021.002"))
    assert page["technique"]["title"] == "Remote Services: SMB/Windows Admin Shares"
    assert page["rules_by_vendor"]["Sigma"] == 2
    assert [row["field"] for row in page["fields"]["rows"]] == ["Image", "CommandLine", "SubjectUserName"]
    assert page["fields"]["rows"][0]["how"] == [["ends_with", 2]]
    first = page["indicators"]["rows"][0]
    assert (first["value"], first["rules"], first["reach"]) == ("\\net.exe", 2, 2)
    dollar = next(row for row in page["indicators"]["rows"] if row["value"] == "$")
    assert (dollar["rules"], dollar["reach"]) == (1, 0)
    assert [row["value"] for row in page["exclusions"]["rows"]] == ["$"]
    assert [(one["provider"], one["event"]) for one in page["events"]] == [
        ("Sysmon", "Event ID 1"),
        ("Security-Auditing", "Event ID 4688"),
    ]


def test_one_vendor_only(catalog: sqlite3.Connection) -> None:
    page = valid(pages.technique_page(catalog, "T1021", "Elastic"))
    assert page["rules_by_vendor"] == {"Sigma": 0, "Elastic": 1, "Splunk": 0, "Kusto": 0, "YARA-L": 0}


def test_a_technique_that_attack_gave_up_says_what_took_its_place(catalog: sqlite3.Connection, tmp_path: Path) -> None:
    old = "title: Old\ntags: [attack.t1086]\nlogsource: {product: windows}\ndetection: {a: {User: x}, condition: a}\n"
    (tmp_path / "a.yml").write_text(old)
    build([str(tmp_path)], tmp_path / "c.sqlite", jobs=1)
    db = open_catalog(tmp_path / "c.sqlite")
    assert pages.technique_page(db, "T1086")["technique"]["title"] == "T1086 (now T1059.001 PowerShell)"


def test_the_page_of_a_rule(catalog: sqlite3.Connection) -> None:
    page = valid(pages.rule_page(catalog, NET))
    assert page["stages"][0]["text"] == "selection and not filter # as usual"
    assert page["stages"][1]["text"].startswith("selection: # first\n  Image|endswith:")
    assert page["indicators"][1]["values"] == [{"value": "\\net.exe", "reach": 1}, {"value": "\\net1.exe", "reach": 1}]
    assert set(page["contained_in"]) == {WIDE, OTHER}
    assert page["contains"] == []


def test_rules_of_two_vendors_are_equal(catalog: sqlite3.Connection) -> None:
    page = valid(pages.rule_page(catalog, "Net from Elastic"))
    assert page["equivalent"] == [WIDE]
    assert page["contains"] == [NET]
    (witness,) = [one["witness"] for one in page["relations"] if one["how"] == "contains"]
    rows = {
        row["key"]: thaw(row["frozen"])
        for row in catalog.execute("select key, frozen from rule where frozen is not null")
    }
    assert matches(rows[OTHER], witness)
    assert not matches(rows[NET], witness)


def test_an_exclusion_keeps_a_rule_from_containing_another() -> None:
    def rule(detection: str) -> Rule:
        text = f"title: T\nlogsource: {{product: windows, category: process_creation}}\ndetection: {detection}\n"
        found = read_source_rules(Source(text, "x.yml"), Options(()))[0].rule
        assert found is not None
        return found

    narrow = rule("{a: {Image|endswith: '\\\\x.exe', CommandLine|contains: y}, condition: a}")
    plain = rule("{a: {Image|endswith: '\\\\x.exe'}, condition: a}")
    filtered = rule(
        "{a: {Image|endswith: '\\\\x.exe'}, f: {Image|startswith: 'C:\\Windows\\'}, condition: a and not f}"
    )
    found = relate(narrow, plain)
    assert found is not None
    assert found.how == "contained"
    assert relate(narrow, filtered) is None


def test_rules_are_written_and_proved_in_other_languages(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute(
        "select t.* from translation t join rule r on r.id = t.rule where r.key = ?", (OTHER,)
    ).fetchall()
    assert {row["language"] for row in rows} >= {"sigma", "spl", "kql", "yaral"}
    assert all(row["verdict"] == "proven" for row in rows if row["language"] in ("sigma", "spl"))


QUESTIONS: dict[str, Callable[[sqlite3.Connection], dict[str, Any]]] = {
    "technique": lambda db: pages.technique_page(db, "T1021.002"),
    "rule": lambda db: pages.rule_page(db, NET),
    "field": lambda db: queries.field_page(db, "process.executable"),
    "value": lambda db: queries.value_page(db, "NET.EXE"),
    "short value": lambda db: queries.value_page(db, "$"),
    "event": lambda db: queries.event_page(db, "4688"),
    "search": lambda db: queries.search(db, 'net "use'),
    "stats": queries.stats,
    "gaps": lambda db: advice.gaps(db, "T1021.002"),
    "coverage": lambda db: advice.coverage(db, db),
    "diff": lambda db: advice.diff(db, db),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_fit_their_schema_and_80_columns(name: str, catalog: sqlite3.Connection) -> None:
    page = valid(QUESTIONS[name](catalog))
    text = tables.text({key: value for key, value in page.items() if key != "skeleton"})
    assert max(map(len, text.splitlines())) <= 80
    assert tables.markdown(page).startswith("# ")
    assert list(csv.reader(io.StringIO(tables.comma_separated(page))))


def test_values_are_found_in_any_case_and_by_any_part(catalog: sqlite3.Connection) -> None:
    assert {row["value"] for row in queries.value_page(catalog, "ET1.EX")["rows"]} == {"\\net1.exe", "net1.exe"}
    assert queries.value_page(catalog, '"')["rows"] == []
    assert queries.value_page(catalog, "%")["rows"] == []


def test_unknown_names_are_said(catalog: sqlite3.Connection) -> None:
    for question in (pages.technique_page, pages.rule_page, queries.field_page, queries.event_page):
        with pytest.raises(pages.UnknownError, match=r"(?i)nothing"):
            question(catalog, "nothing")


def test_formulas_are_no_formulas_in_csv() -> None:
    rule = {"vendor": "=x", "title": "+y", "path": "p", "level": None}
    table = {"schema": "transpile/catalog/search/1", "query": "", "rows": [rule]}
    assert "'=x,'+y" in tables.comma_separated(table)


def test_a_skeleton_passes_the_check(catalog: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "draft.yml").write_text(advice.gaps(catalog, "T1021.002")["skeleton"])
    assert main(["check", str(tmp_path / "draft.yml")]) == 0


def test_events_trigger_rules(catalog: sqlite3.Connection, tmp_path: Path) -> None:
    event = {"Channel": "Security", "EventID": 4688, "Image": "C:\\net.exe", "CommandLine": "net use x"}
    (tmp_path / "log.json").write_text(json.dumps(event))
    page = valid(advice.triggers(catalog, [tmp_path / "log.json"]))
    assert {one["title"] for one in page["rows"][0]["rules"]} == {"Net Use", "Net", "Net from Elastic"}


def test_coverage_says_what_is_missing(repository: Path, catalog: sqlite3.Connection, tmp_path: Path) -> None:
    build([str(repository / "b.yml")], tmp_path / "mine.sqlite", jobs=1)
    page = valid(advice.coverage(open_catalog(tmp_path / "mine.sqlite"), catalog))
    rows = {row["id"]: row for row in page["rows"]}
    assert rows["T1021"]["state"] == "missing"
    assert (rows["T1021.002"]["state"], rows["T1021.002"]["duplicated"]) == ("covered", 1)


def test_rules_without_a_passing_event_are_untested(
    repository: Path, catalog: sqlite3.Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    target = tmp_path / "mine.sqlite"
    shutil.copy(repository / "b.yml", folder)
    for event, untested in ((None, 1), ("C:\\x\\net.exe", 0), ("C:\\x\\cmd.exe", 1)):
        if event:
            (folder / "b.tests.yml").write_text(f"match: [{{Image: '{event}'}}]\n")
        build([str(folder)], target, jobs=1)
        assert advice.coverage(open_catalog(target), catalog)["untested"] == untested


def test_diff_tells_meaning_from_words(repository: Path, catalog: sqlite3.Connection, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(repository, folder)
    (folder / "a.yml").write_text((folder / "a.yml").read_text().replace("' use '", "' user '"))
    (folder / "b.yml").write_text((folder / "b.yml").read_text() + "level: high\n")
    build([str(folder)], tmp_path / "new.sqlite", jobs=1)
    page = valid(advice.diff(catalog, open_catalog(tmp_path / "new.sqlite")))
    assert [one["title"] for one in page["words"]] == ["Net"]
    (changed,) = page["meaning"]
    assert (changed["title"], changed["relation"]) == ("Net Use", "different")
    assert changed["only_before"]
    assert changed["only_after"]


def test_exports(catalog: sqlite3.Connection) -> None:
    lines = [json.loads(line) for line in export.json_lines(catalog)]
    assert len(lines) == 4
    assert {"field": "Image", "kind": "ends_with", "value": "\\net.exe", "own": "Image", "excluded": False} in lines[0][
        "predicates"
    ]
    assert len(list(csv.reader(export.csv_lines(catalog)))) > 5
    layer = queries.layer(catalog)
    assert layer["versions"]["layer"] == "4.5"
    assert {one["techniqueID"]: one["score"] for one in layer["techniques"]} == {"T1021": 1, "T1021.002": 2}


def test_the_server_answers_this_machine_only(catalog_file: Path) -> None:
    server = serve.make_server(catalog_file, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        with urlopen(f"{base}/technique/T1021.002") as answer:
            assert valid(json.load(answer))["technique"]["id"] == "T1021.002"
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{base}/rule/nothing")
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(f"{base}/stats", headers={"Host": "evil.example"}))
    finally:
        server.shutdown()
        server.server_close()


# --- the command line


def test_plain_questions_are_answered_as_the_commands_do(
    catalog_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"technique": "T1021.002", "rule": "Net", "field": "Image", "value": "net", "event": "1", "search": "net"}
    for name, text in texts.items():
        for form in ("text", "json", "csv", "md"):
            rest = [name, text, "--db", str(catalog_file), "--format", form]
            assert ask.ask(rest)
            quick = capsys.readouterr().out
            assert catalog_commands.app(args=rest, prog_name="transpile catalog", standalone_mode=False) == 0
            assert capsys.readouterr().out == quick


@pytest.mark.parametrize(
    "arguments",
    [
        ["technique", "--help"],
        ["technique"],
        ["technique", "T1", "T2"],
        ["technique", "T1", "--limit", "3"],
        ["value", "x", "--limit", "0"],
        ["value", "x", "--limit", "-1"],
        ["value", "x", "--format", "xml"],
        ["value", "x", "--db"],
        ["value", "x", "--db", "a", "--db", "b"],
        ["value", "-x"],
        ["stats"],
        [],
    ],
)
def test_what_is_not_asked_plainly_is_left_to_the_commands(arguments: list[str]) -> None:
    assert ask.parse(arguments) is None


def test_unknown_names_are_left_to_the_commands(catalog_file: Path, tmp_path: Path) -> None:
    assert not ask.ask(["technique", "nothing", "--db", str(catalog_file)])
    assert not ask.ask(["technique", "T1", "--db", str(tmp_path / "missing.sqlite")])
    assert not ask.ask(["search", "net", "--vendor", "sigma", "--db", str(catalog_file)])  # the commands know any case
    (tmp_path / "x.sqlite").write_text("not a database, and not empty")
    assert not ask.ask(["technique", "T1", "--db", str(tmp_path / "x.sqlite")])


def test_commands(catalog_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = str(catalog_file)
    assert main(["catalog", "technique", "T1021.002", "--db", db, "--format", "json"]) == 0
    assert valid(json.loads(capsys.readouterr().out))["rules_by_vendor"]["Sigma"] == 2
    assert main(["catalog", "search", "net", "--db", db, "--vendor", "sigma"]) == 0
    assert "Net Use" in capsys.readouterr().out
    assert main(["catalog", "technique", "T9999", "--db", db]) == 3
    assert "unknown technique" in capsys.readouterr().err
    assert main(["catalog", "stats", "--db", "missing.sqlite"]) == 3


# --- files that are not rules


def test_what_is_not_a_regular_file_is_named_and_not_opened(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rules"
    (folder / "macros").mkdir(parents=True)
    shutil.copy(repository / "a.yml", folder / "a.yml")
    for name in ("pipe.yml", "macros/pipe.yml"):
        os.mkfifo(folder / name)
    (folder / "loop.yml").symlink_to("loop.yml")
    db = tmp_path / "c.sqlite"
    assert main(["catalog", "build", str(folder), "--db", str(db), "-j", "1"]) == 0
    shown = capsys.readouterr()
    assert f"4 rules, 3 of them unread (transpile catalog stats --db {db} shows why); read 4 of 4" in shown.out
    assert f"{folder / 'pipe.yml'}: error IO002: the file cannot be read: it is not a regular file\n" in shown.err
    assert shown.err.count("IO002") == 3
    assert main(["catalog", "build", str(folder), "--db", str(db), "-j", "1", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such name")
def test_a_file_name_that_is_not_utf8(repository: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff.yml")
    shutil.copy(repository / "broken.yml", tmp_path / name)
    for expected in (1, 0):
        built = build([str(tmp_path)], tmp_path / "c.sqlite", jobs=1)
        assert (built.rules, built.unread, built.read, built.gone) == (1, 1, expected, 0)
    db = open_catalog(tmp_path / "c.sqlite")
    assert db.execute("select path from source").fetchone()["path"] == str(tmp_path / "bad\\xff.yml")
    db.close()
