"""Files of every format: what they are taken for, and the rules that they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile import formats
from transpile.conversion import Options, convert_source
from transpile.dialects.base import ReadOptions
from transpile.formats.macros import beside, load_lookups, load_macros
from transpile.formats.reading import read_rules
from transpile.formats.splunk import read_conf, read_macros
from transpile.ir.stream import Aggregate, Where
from transpile.source import Source

EXAMPLES = Path(__file__).parents[2] / "examples" / "formats"

FORMATS = {
    "analytic.yaml": ("sentinel-yaml", "kql"),
    "detection.json": ("defender-json", "kql"),
    "detection.yml": ("splunk-yaml", "spl"),
    "export.json": ("splunk-rest", "spl"),
    "page.md": ("markdown", "kql"),
    "rule.toml": ("elastic-toml", "eql"),
    "rules.ndjson": ("elastic-ndjson", "eql"),
    "rules.yaral": ("yaral-rules", "yaral"),
    "savedsearches.conf": ("splunk-conf", "spl"),
    "template.json": ("sentinel-arm", "kql"),
}

# Queries alone, whose title is the name of the file; a text in no language's extension wants its language told.
BARE = {
    "whoami.eql": "eql",
    "whoami.esql": "esql",
    "whoami.kql": "kql",
    "whoami.kuery": "kuery",
    "whoami.lucene": "lucene",
    "whoami.spl": "spl",
    "whoami.txt": "kql",
}


def source(name: str) -> Source:
    return Source((EXAMPLES / name).read_text(encoding="utf-8"), name)


def test_every_example_is_listed() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {*FORMATS, *BARE, "macros.conf"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_known_by_its_content(name: str) -> None:
    found = formats.recognise(source(name))
    assert found is not None
    assert found.name == FORMATS[name][0]
    items = list(found.items(source(name)))
    assert {item.language for item in items} == {FORMATS[name][1]}
    assert items[0].name == "Whoami With Privileges"


@pytest.mark.parametrize("name", FORMATS)
def test_the_rule_comes_out_as_sigma(name: str) -> None:
    (first, *_) = convert_source(source(name), Options(("sigma",), macros=load_macros([str(EXAMPLES / "macros.conf")])))
    assert first.query is not None, first.diagnostics
    assert "category: process_creation" in first.query
    assert "CommandLine|contains: '/priv'" in first.query
    assert "title: Whoami With Privileges" in first.query
    assert first.origin is not None
    assert first.origin.language == FORMATS[name][1]


@pytest.mark.parametrize("name", BARE)
def test_a_query_alone_comes_out_as_sigma(name: str) -> None:
    read = BARE[name] if name.endswith(".txt") else "auto"
    (found,) = convert_source(source(name), Options(("sigma",), read=read))
    assert found.query is not None, found.diagnostics
    assert "category: process_creation" in found.query
    cased = "|cased" if name.endswith(".kuery") else ""  # kuery minds case
    assert f"Image|endswith{cased}: '\\whoami.exe'" in found.query
    assert f"CommandLine|contains{cased}: '/priv'" in found.query
    assert found.origin is not None
    assert found.origin.language == BARE[name]


def test_places_are_those_of_the_file() -> None:
    text = "[rule]\nname = 'x'\nlanguage = 'eql'\nquery = '''\nprocess where\n  a == == 1\n'''\n"
    (found,) = read_rules(Source(text, "rule.toml"), "auto", ReadOptions())
    assert found.rule is None
    (problem,) = found.diagnostics
    assert problem.code == "DIA003"
    assert problem.span is not None
    assert (problem.span.line, problem.span.column) == (6, 8)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("rule.yml", "name: x\nsearch: '\n  a=1 b=\"it''s\"\n  c=2\n  | `what`\n  | table a'\n", (5, 5)),
        ("rule.yml", 'name: x\nsearch: "a=1 b=\\"c\\" \\\n  | `what` | table a"\n', (3, 5)),
        ("rule.yml", "name: x\nsearch: a=1\n  b=2 |\n  `what`\n  | table a\n", (4, 3)),
        (
            "rules.json",
            '[{"title": "x", "cron_schedule": "", "search": "a=1 b=\\"c\\" | `what`\\n| table a"}]',
            (1, 63),
        ),
    ],
)
def test_what_is_left_has_its_text_and_place_where_the_file_folds_or_escapes_the_query(
    name: str, text: str, place: tuple[int, int]
) -> None:
    (found,) = read_rules(Source(text, name), "auto", ReadOptions())
    (left,) = [one for one in found.left if one.code.id == "SPL010"]
    assert left.span is not None
    assert (left.text, left.span.line, left.span.column) == ("`what`", *place)
    assert "table a" in [one.text for one in found.left]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("rule.toml", "[rule]\nquery = '''", "FMT001"),
        ("rules.json", '{"rule_id": 1, "query": ', "FMT001"),
        ("page.yaml", "query: |\n  T\nkind: [Scheduled\n", "FMT001"),
    ],
)
def test_a_broken_file_is_a_reading_with_its_reason(name: str, text: str, code: str) -> None:
    (found,) = read_rules(Source(text, name), "auto", ReadOptions())
    assert [one.code for one in found.diagnostics] == [code]


def test_one_broken_rule_costs_no_other() -> None:
    text = (
        "rule a {\n events:\n  $e.x = \n condition:\n $e\n}\n"
        + "rule b {\n events:\n  $e.x.y = 1\n condition:\n $e\n}\n"
    )
    found = read_rules(Source(text, "rules.yaral"), "auto", ReadOptions())
    assert [one.rule is None for one in found] == [True, False]


def test_pages_may_call_kusto_c_sharp_and_have_a_column_for_sub_techniques() -> None:
    text = "# P\n| T1021 | 002 |\n```C#\nDeviceEvents\n| where ActionType == 'x'\n```\n```C#\nint x = 1;\n```\n"
    (found,) = read_rules(Source(text, "page.md"), "auto", ReadOptions())
    assert found.rule is not None
    assert found.rule.tags == ("attack.t1021.002",)


def test_a_language_that_the_file_names_and_nothing_reads_is_said() -> None:
    text = "title: T\nlogic_format: snowflake\nlogic: select * from x\ntechnique_id: [T1021]\n"
    (found,) = read_rules(Source(text, "rule.yml"), "auto", ReadOptions())
    assert [one.code for one in found.diagnostics] == ["FMT004"]


def test_a_threshold_is_a_count_of_each_group() -> None:
    text = (
        "[rule]\nname = 'x'\nlanguage = 'eql'\ntype = 'threshold'\nquery = 'any where a == 1'\n"
        "[rule.threshold]\nfield = ['user.name']\nvalue = 5\n"
    )
    (found,) = read_rules(Source(text, "rule.toml"), "auto", ReadOptions())
    assert found.rule is not None
    assert isinstance(found.rule.body, Where)
    assert isinstance(found.rule.body.input, Aggregate)
    assert found.rule.body.input.by == ("user.name",)


def test_new_terms_make_the_rule_wider() -> None:
    text = (
        "[rule]\nname = 'x'\nlanguage = 'eql'\ntype = 'new_terms'\nquery = 'any where a == 1'\n"
        "[rule.new_terms]\nfield = 'new'\n"
    )
    (found,) = read_rules(Source(text, "rule.toml"), "auto", ReadOptions())
    assert [one.code for one in found.diagnostics] == ["FMT002W"]
    assert [one.code.id for one in found.left] == ["FMT002"]


def test_a_value_goes_on_after_a_backslash() -> None:
    assert read_conf("[a]\nsearch = x \\\n| y\n# no\ncron = 1\n[b]\nk=v")["a"] == {"search": "x \n| y", "cron": "1"}


def test_macros_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "macros.conf").write_text("[a]\ndefinition = index=x\n[b(2)]\nargs = x,y\ndefinition = $x$=$y$\n")
    (tmp_path / "c.yml").write_text("name: c\narguments: [z]\ndefinition: f=$z$\n")
    (tmp_path / "t.csv").write_text("host,role\nweb1,web\n")
    found = load_macros([str(tmp_path)])
    assert found == {"a": "index=x", "b(2)": "$x$=$y$", "c(1)": "f=$z$"}
    assert load_lookups([str(tmp_path)])["t"] == ({"host": "web1", "role": "web"},)
    rest = '[{"title": "m", "definition": "x=1"}]'
    assert read_macros(Source(rest, "macros.json")) == {"m": "x=1"}


def test_macros_beside_the_rules_are_found(tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "macros.conf").write_text("")
    macros, lookups = beside([str(tmp_path / "rules")])
    assert macros == [str(tmp_path / "rules" / "macros.conf"), str(tmp_path / "macros")]
    assert lookups == []
