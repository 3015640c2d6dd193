"""Each way of storing a field: a test on it, carried over, says of the stored value what it said of the value."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.pipeline_making import PROCESS, match, rule
from transpile.diagnostics import Report
from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Match, Not, Or
from transpile.ir.match import ANY, ONE, Case, Exists, Field, Null, Number, Pattern, Regex, Test
from transpile.ir.passes import simplify_expr
from transpile.pipelines.apply import apply
from transpile.pipelines.events import map_event
from transpile.pipelines.inverse import InverseIndex, invert
from transpile.pipelines.load import load
from transpile.pipelines.model import Model
from transpile.pipelines.stored import Unstorable

HASH = "0123456789abcdef0123456789abcdef"

# The ways of docs/pipelines.md, with pieces of which values and patterns are made that are hard for them.
WAYS = {
    "rename": ("x", ["a", "B", "\\", "*"]),
    "number": ("x number", ["1", "2", "0"]),
    "boolean": ("x boolean", ["true", "False"]),
    "list": ("x list", ["a", "b"]),
    "values": ("{values: {in: x, S-1-16: System, High Mandatory: High}}", ["S-1-16", "sys", "High", " Mandatory"]),
    "enum": ("{values: {in: x enum, tcp: TCP, udp: UDP_}}", ["tcp", "UDP", "_", "p"]),
    "cases": ("{cases: {'true': {kind: [Out, Attempt]}, 'false': {kind: In}}}", ["true", "false", "e"]),
    "account": (r"{split: {head: domain, tail: user, always: true}}", ["a", "\\", "SYSTEM"]),
    "account or name": (r"{split: {head: domain, tail: user}}", ["a", "\\", "SYSTEM"]),
    "registry": (
        "{split: {head: {replace: {in: key, HKLM: HKEY_LOCAL_MACHINE, CurrentControlSet: ControlSet001}},"
        " tail: value, always: true}}",
        ["HKLM", "\\", "CurrentControlSet", "Current", "ControlSet", "Run", "LM", "HK"],
    ),
    "replace": ("{replace: {in: x, HKLM: HKEY_LOCAL_MACHINE}}", ["HKLM", "\\", "HKEY", "LM", "a"]),
    "several spellings": (
        "{replace: {in: x, HKU: [HKU, HKEY_USERS], CurrentControlSet: [CurrentControlSet, ControlSet001]}}",
        ["HKU", "\\", "CurrentControlSet", "Current", "ControlSet", "Run"],
    ),
    "registry strings": (
        "{registry_strings: {data: d list, type: t}}",
        ["DWORD (0x00000001)", "DWORD (0x", "0x00000001", "1", "Binary Data", "z"],
    ),
    "quoted": ("{quoted: x}", ["'", "a", "b"]),
    "element": ("{element: {in: x, tag: Data}}", ["a", "b", " "]),
    "codes": ("{codes: x list}", ["%%4416", "4416", " ", "%%4417", "a"]),
    "file": ("{file: x}", ["\\", "net", ".exe", "a"]),
    "key or value": ("{split: {head: key, tail: value, always: true, whole: true}}", ["a", "\\", "Run"]),
    "prefix": (r"{prefix: {in: x, text: '\Device\Pipe'}}", ["\\", "Pipe", "Device", "a"]),
    "ending": ("{ending: {in: x, text: '. '}}", [".", " ", "a", "b."]),
    "registry data": (
        "{registry_data: {data: d, type: t, text: Text, dword: Dword, qword: Qword, binary: Binary}}",
        [
            "DWORD (0x00000001)",
            "DWORD (0x",
            "QWORD (0x00000000-0x00000001)",
            "0x00000001",
            ")",
            "1",
            "(Empty)",
            "Binary Data",
        ],
    ),
    "path and file": ("{file: {path: p, name: n}}", ["\\", "net", ".exe", "a"]),
    "path, file and extension": ("{file: {path: p, name: n, extension: x}}", ["\\", "net", ".exe", ".", "a"]),
    "hashes": ("{hashes: {MD5: md5, IMPHASH: imp}}", [f"MD5={HASH}", f"IMPHASH={HASH}", ",", HASH, "MD5=", "=", "f"]),
    "filled": ("{filled: {in: x, with: unknown}}", ["unknown", "un", "know", "a"]),
    "filled path": ("{filled: {in: x, with: unknown, name: n}}", ["\\", "net", ".exe", "unknown", "a"]),
    "bare numbers": (
        "{filled: {in: x, with: unknown, numbers: bare}}",
        ["DWORD (0x00000001)", "DWORD (0x", "QWORD (0x00000000-0x00000001)", "0x00000001", ")", "un", "Binary Data"],
    ),
    "extension": ("{extension: x}", ["exe", "e", "."]),
    "hex": ("{hex: x}", ["0x3e7", "0x", "10"]),
    "any": ("{any: [x, y]}", ["a", "b"]),
    "behind": ("{behind: {in: x, at: .}}", [".", "a", "b"]),
    "behind, of values without it": ("{behind: {in: x, at: ., last: true}}", ["a", "b"]),
    "first": ("{first: [x ip, y]}", ["10.0.0.1", "a", "b"]),
    "inside": ("{inside: x}", ["a", "b", " "]),
    "path of a URL": ("{url: {in: x, part: path}}", ["/", "a", ".php", "?"]),
    "query of a URL": ("{url: {in: x, part: query}}", ["?", "a=", "/", "b"]),
    "extension of a URL": ("{url: {in: x, part: extension}}", ["php", "p", "."]),
    "fixed": ("{fixed: tcp}", ["tcp", "t", "cp"]),
}

# Of the others, a test has no exact form on the way back, or is one of several fields at once.
READ_BACK = (
    *("rename", "number", "boolean", "list", "values", "enum", "account", "replace", "several spellings"),
    *("registry strings", "registry data", "file", "prefix", "path and file", "filled", "bare numbers"),
    *("path, file and extension", "filled path"),
)


@cache
def model(way: str) -> Model:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "way.yml"
        text = (
            f"for: kql\ntables: {{t: {{F: {WAYS[way][0]}}}}}\nsources: [{{for: windows/process_creation, fields: t}}]"
        )
        path.write_text(text, encoding="utf-8")
        return load(str(path))


def some_test(pieces: list[str]) -> st.SearchStrategy[Test]:
    part = st.sampled_from([*pieces, ANY, ANY, ONE])
    patterns = st.builds(
        lambda some, case: Pattern.of(*some, case=case),
        st.lists(part, max_size=5),
        st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
    )
    numbers = st.sampled_from([Number(1), Number(999)])
    return st.one_of(patterns, patterns, st.sampled_from([Null(), Exists(), Regex("a"), Regex("^HKLM")]), numbers)


@pytest.mark.parametrize("way", WAYS)
def test_a_test_carried_over_says_the_same(way: str) -> None:
    pieces = WAYS[way][1]
    value = st.one_of(st.lists(st.sampled_from(pieces), min_size=1, max_size=5).map("".join), st.none())
    said = 0

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(some_test(pieces), value, st.booleans())
    def run(test: Test, value: str | None, present: bool) -> None:
        nonlocal said
        leaf, event, report = match("F", test), {"F": value} if present else {}, Report()
        applied = apply(rule(leaf), model(way), report)
        if report.diagnostics:
            return
        if way == "fixed" and not (value and present):
            return  # every event of the log source has this value
        try:
            stored = map_event(event, model(way), PROCESS, applied.source)
        except Unstorable:
            return
        said += 1
        assert matches(applied.rule.condition, stored) == matches(leaf, event), (applied.rule.condition, stored)

    run()
    assert said > 10 or way == "inside"


@pytest.mark.parametrize("way", READ_BACK)
def test_a_test_carried_over_is_read_back(way: str) -> None:
    """`invert` undoes `rewrite` where it gives an answer, for every value that the platform can hold."""
    pieces = WAYS[way][1]
    (source,) = model(way).sources[PROCESS]
    index, places = InverseIndex(source), dict(source.fields["F"].how.places())
    read = 0

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(some_test(pieces), st.lists(st.sampled_from(pieces), min_size=1, max_size=5).map("".join))
    def run(test: Test, value: str) -> None:
        nonlocal read
        leaf, event, report = match("F", test), {"F": value}, Report()
        mapped = apply(rule(leaf), model(way), report).rule.condition
        if report.diagnostics or not isinstance(mapped, Match) or mapped.field.name not in places:
            return
        try:
            map_event(event, model(way), PROCESS, source)
        except Unstorable:
            return
        column = mapped.field.name
        back = invert(mapped, "F", places[column], head=index.is_head(column))
        if back is not None:
            read += 1
            assert matches(back, event) == matches(leaf, event), (mapped, back)

    run()
    assert read > 0


@pytest.mark.parametrize("way", ["inside", "file", "hashes"])
def test_a_wider_test_loses_nothing(way: str) -> None:
    pieces = st.lists(st.sampled_from(WAYS[way][1]), max_size=3).map("".join)
    said = 0

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(pieces, pieces, pieces, st.booleans())
    def run(before: str, sought: str, after: str, whole: bool) -> None:
        nonlocal said
        test = Pattern.of(before, ANY, sought, "" if whole else ANY, after if whole else "")
        leaf, event, report = match("F", test), {"F": before + sought + after}, Report()
        applied = apply(rule(leaf), model(way), report)
        if [one.code for one in report.diagnostics] != ["MAP007W"] or not matches(leaf, event):
            return
        try:
            stored = map_event(event, model(way), PROCESS, applied.source)
        except Unstorable:
            return
        said += 1
        around = {name: f"before {text} after" for name, text in stored.items()} if way == "inside" else stored
        assert matches(applied.rule.condition, around), (applied.rule.condition, around)

    run()
    assert said > 3


@pytest.mark.parametrize("way", ["rename", "list", "account or name", "path and file", "file", "hashes", "any"])
@pytest.mark.parametrize("test", [Null(), Exists(), Pattern(()), Pattern((ANY,)), Pattern.of(ANY, "a")])
def test_an_empty_value_stays_empty(way: str, test: Test) -> None:
    report, leaf = Report(), match("F", test)
    applied = apply(rule(leaf), model(way), report)
    stored = map_event({"F": ""}, model(way), PROCESS, applied.source)
    assert report.diagnostics or matches(applied.rule.condition, stored) == matches(leaf, {"F": ""})


def carried(way: str, value: str | Test) -> tuple[object, list[str]]:
    report = Report()
    applied = apply(rule(match("F", value)), model(way), report)
    return simplify_expr(applied.rule.condition), [one.code for one in report.diagnostics]


def said(name: str, value: str | Test) -> Match:
    leaf = match(name, value)
    return Match(Field(name, mapped=True), leaf.test)


def test_the_tail_of_a_path_is_asked_of_the_file_name_only_where_that_means_the_same() -> None:
    assert carried("path and file", r"*\net.exe") == (said("n", "net.exe"), [])
    for text in ("*net.exe", r"*\a\net.exe", r"*\n*t.exe", r"*\net.exe*", "net.exe"):
        assert carried("path and file", text) == (said("p", text), [])


def test_the_end_of_a_path_is_asked_of_its_extension_only_where_that_means_the_same() -> None:
    assert carried("path, file and extension", "*.exe") == (said("x", "exe"), [])
    for text in ("*a.exe", "*.tar.gz", r"*.a\b", "*.exe*", "*."):
        assert carried("path, file and extension", text) == (said("p", text), [])


def test_of_a_path_kept_as_a_file_name_no_folder_can_be_asked() -> None:
    assert carried("file", r"*\net.exe") == (said("x", "net.exe"), [])
    assert carried("file", "*net.exe") == (said("x", "*net.exe"), [])
    assert carried("file", r"*\System32\net.exe") == (said("x", "net.exe"), ["MAP007W"])
    assert carried("file", r"*\System32\*")[1] == ["MAP004"]


def test_a_file_name_under_not_is_narrower() -> None:
    report = Report()
    apply(rule(Not(match("F", r"*\System32\net.exe"))), model("file"), report)
    assert [one.code for one in report.diagnostics] == ["MAP007N"]


def test_a_registry_path_is_parted_at_its_last_separator() -> None:
    expr, codes = carried("registry", r"HKLM\System\CurrentControlSet\Services\Start")
    assert codes == []
    assert expr == And((said("key", r"HKEY_LOCAL_MACHINE\System\ControlSet001\Services"), said("value", "Start")))


def test_a_wildcard_that_cuts_a_replaced_piece_is_refused() -> None:
    assert carried("replace", r"*LM\Software")[1] == ["MAP004"]
    assert carried("replace", r"*\Software*") == (said("x", r"*\Software*"), [])


def test_a_digest_of_an_algorithm_that_the_platform_lacks_is_refused() -> None:
    assert carried("hashes", f"*SHA1={HASH}00000000*")[1] == ["MAP004"]
    assert carried("hashes", f"*MD5={HASH}*") == (said("md5", HASH), [])


def test_a_word_for_a_missing_value_passes_for_none() -> None:
    word = said("x", "unknown")
    assert carried("filled", Null()) == (word, [])
    assert carried("filled", Pattern((ANY,))) == (Not(word), [])
    assert carried("filled", "*know*") == (And((said("x", "*know*"), Not(word))), [])
    assert carried("filled", "*net*") == (said("x", "*net*"), [])
    assert carried("filled", Pattern(())) == (word, ["MAP007W"])
    assert carried("filled", Exists())[1] == ["MAP004"]


def test_registry_data_whose_numbers_are_bare() -> None:
    assert carried("bare numbers", "DWORD (0x0000000a)") == (said("x", "0x0000000a"), [])
    assert carried("bare numbers", "*(0x0000000A)*") == (said("x", "0x0000000A"), [])
    assert carried("bare numbers", "Binary Data") == (said("x", "Binary Data"), [])
    for refused in ("DWORD*", "0x00000001", "*1*", "QWORD (0x00000000-0x00000001)"):
        assert carried("bare numbers", refused)[1] == ["MAP004"], refused


@pytest.mark.parametrize(
    ("test", "kind", "data", "expected"),
    [
        ("DWORD (0x00000001)", "SZ_DWORD", "1", True),  # Sysmon
        ("DWORD (0x00000001)", "REG_DWORD", "0x00000001", True),  # Elastic Defend
        ("DWORD (0x00000001)", "REG_SZ", "1", False),
        ("DWORD (0x00000001)", "REG_QWORD", "1", False),
        ("*0x00000001*", "REG_DWORD", "1", True),
        ("*0x00000001*", "REG_SZ", "a 0x00000001 b", True),
        ("*0x00000001*", "REG_SZ", "1", False),
        ("1", "REG_SZ", "1", True),
        ("1", "REG_DWORD", "1", False),
    ],
)
def test_a_number_of_the_registry_is_told_from_a_text_by_its_type(
    test: str, kind: str, data: str, expected: bool
) -> None:
    expr, codes = carried("registry strings", test)
    assert codes == []
    assert isinstance(expr, Match | And | Or)
    assert matches(expr, {"d": [data], "t": kind}) is expected


def test_an_empty_text_beside_null_is_nothing_of_its_own() -> None:
    report = Report()
    either = Or((match("F", Null()), match("F", Pattern(()))))
    applied = apply(rule(either), model("filled"), report)
    assert (simplify_expr(applied.rule.condition), report.diagnostics) == (said("x", "unknown"), [])


def test_values_of_the_wrong_type_are_refused() -> None:
    assert carried("number", "abc")[1] == ["MAP005"]
    assert carried("boolean", "yes")[1] == ["MAP005"]
    assert carried("enum", "icmp")[1] == ["MAP006"]
    assert carried("cases", "maybe")[1] == ["MAP006"]
