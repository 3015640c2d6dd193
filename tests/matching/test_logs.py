"""Reading events in every shape that tools write; what is broken is counted and skipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from transpile.matching import logs
from transpile.matching.logs import Broken, LogRecord, Unreadable, find_logs, read_logs
from transpile.matching.windows import normalise

A, B, C = {"n": 1, "s": "x\ny"}, {"n": 2, "m": {"k": [1, {"z": "}"}]}}, {"n": 3, "s": '[,]{ " \\ é😀'}


def written(tmp_path: Path, content: str | bytes, name: str = "events.json") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def events(found: Iterable[LogRecord | Broken]) -> list[Any]:
    return [one.event if isinstance(one, LogRecord) else one for one in found]


PRETTY = json.dumps(A, indent=2), json.dumps(B, indent=4), json.dumps(C, indent=1, ensure_ascii=False)
SHAPES = {
    "lines": "\n".join(map(json.dumps, (A, B, C))),
    "lines with blanks and a last break": "\n\n".join(map(json.dumps, (A, B, C))) + "\n\n",
    "Windows line ends": "\r\n".join(map(json.dumps, (A, B, C))) + "\r\n",
    "a list on a line": json.dumps([A, B, C]),
    "a list over lines": json.dumps([A, B, C], indent=2),
    "a list with an object a line": "[\n" + ",\n".join(map(json.dumps, (A, B, C))) + "\n]\n",
    "objects over lines, one after the other": "\n".join(PRETTY),
    "objects without anything between": "".join(PRETTY),
    "an envelope": json.dumps({"Records": [A, B, C]}),
    "an envelope over lines": json.dumps({"records": [A, B, C]}, indent=2),
    "envelopes": "\n".join(json.dumps({"_source": one, "_id": "1"}) for one in (A, B, C)),
    "search results": "\n".join(json.dumps({"preview": False, "result": one}) for one in (A, B, C)),
    "lines, then objects over lines": json.dumps(A) + "\n" + "\n".join(PRETTY[1:]),
    "a byte order mark": "\ufeff" + "\n".join(map(json.dumps, (A, B, C))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(tmp_path: Path, shape: str) -> None:
    assert events(read_logs(written(tmp_path, SHAPES[shape]))) == [A, B, C]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_in_small_chunks(tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CHUNK", 7)
    assert events(read_logs(written(tmp_path, SHAPES[shape]))) == [A, B, C]


def test_gzip_and_utf16_by_content_not_by_name(tmp_path: Path) -> None:
    text = SHAPES["lines"]
    assert events(read_logs(written(tmp_path, gzip.compress(text.encode())))) == [A, B, C]
    assert events(read_logs(written(tmp_path, text.encode("utf-16")))) == [A, B, C]
    assert events(read_logs(written(tmp_path, gzip.compress(text.encode("utf-16"))))) == [A, B, C]


def test_numbers_are_those_of_the_line_where_an_event_begins(tmp_path: Path) -> None:
    assert [one.number for one in read_logs(written(tmp_path, SHAPES["lines with blanks and a last break"]))] == [
        1,
        3,
        5,
    ]
    numbers = [one.number for one in read_logs(written(tmp_path, SHAPES["objects over lines, one after the other"]))]
    assert numbers == [1, 5, 5 + PRETTY[1].count("\n") + 1]


def test_broken_lines_are_reported_and_passed_over(tmp_path: Path) -> None:
    text = f'{json.dumps(A)}\n{{"n": \nnonsense\n17\n"text"\n{json.dumps(B)}\n{{"n": 1}} trailing\n{json.dumps(C)}\n'
    found = list(read_logs(written(tmp_path, text)))
    assert [one.event for one in found if isinstance(one, LogRecord)] == [A, B, C]
    assert [one.number for one in found if isinstance(one, Broken)] == [2, 3, 4, 5, 7]


def test_a_broken_first_line(tmp_path: Path) -> None:
    found = list(read_logs(written(tmp_path, f"# log\n{json.dumps(A)}\n{json.dumps(B)}\n")))
    assert [one.event for one in found if isinstance(one, LogRecord)] == [A, B]
    assert sum(isinstance(one, Broken) for one in found) == 1


def test_a_broken_object_over_lines_costs_only_itself(tmp_path: Path) -> None:
    text = "\n".join([PRETTY[0], '{\n  "n": oops,\n  "m": 1\n}', PRETTY[1], PRETTY[2]])
    found = list(read_logs(written(tmp_path, text)))
    assert [one.event for one in found if isinstance(one, LogRecord)] == [A, B, C]
    assert sum(isinstance(one, Broken) for one in found) == 1


def test_a_file_that_ends_in_the_middle(tmp_path: Path) -> None:
    found = list(read_logs(written(tmp_path, "\n".join(PRETTY)[:-5])))
    assert [one.event for one in found if isinstance(one, LogRecord)] == [A, B]
    assert isinstance(found[-1], Broken)


@pytest.mark.parametrize("content", ["", "\n\n", "[]", "[\n]\n"])
def test_files_without_events(tmp_path: Path, content: str) -> None:
    assert list(read_logs(written(tmp_path, content))) == []


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    deep = '{"a":' * 200_000 + "1" + "}" * 200_000
    found = list(read_logs(written(tmp_path, f"{json.dumps(A)}\n{deep}\n{json.dumps(B)}\n")))
    assert [type(one) for one in found] == [LogRecord, Broken, LogRecord]


@pytest.mark.parametrize(
    "value",
    [
        "18446744073709551616",
        "-9223372036854775809",
        "1" * 400,
        "1e400",
        "NaN",
        "-Infinity",
        "-0.0",
        "1.7976931348623159e308",
        "9007199254740993.0",
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '{"b": 1, "b": 2}',
        "[" * 500 + "]" * 500,
    ],
)
def test_values_are_those_of_json(tmp_path: Path, value: str) -> None:
    line = f'{{"a": 0, "a": {value}}}'
    (found,) = events(read_logs(written(tmp_path, line + "\n")))
    assert repr(found) == repr(json.loads(line))


@pytest.mark.parametrize("value", ["01", "1.", "+1", "'a'", '"a\tb"', '"\\x"', "[1,]", "nan", "1" * 5000])
def test_what_json_refuses_is_broken(tmp_path: Path, value: str) -> None:
    found = list(read_logs(written(tmp_path, f'{json.dumps(A)}\n{{"a": {value}}}\n{json.dumps(B)}\n')))
    assert [type(one) for one in found] == [LogRecord, Broken, LogRecord]


def test_binary_is_broken_not_fatal(tmp_path: Path) -> None:
    found = list(read_logs(written(tmp_path, bytes(range(256)) * 4)))
    assert found and all(isinstance(one, Broken) for one in found)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        list(read_logs(tmp_path / "none.json"))
    with pytest.raises(Unreadable):
        list(read_logs(written(tmp_path, gzip.compress(b'{"a": 1}\n' * 1000)[:-20], "cut.gz")))


def test_progress_reaches_the_size(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(json.dumps(A) for _ in range(50_000)))
    seen: list[tuple[int, int]] = []
    assert sum(1 for _ in read_logs(path, lambda done, total: seen.append((done, total)))) == 50_000
    assert len(seen) > 5 and seen == sorted(seen)
    assert {total for _, total in seen} == {path.stat().st_size}


def test_finding_logs(tmp_path: Path) -> None:
    for name in ("b.json", "a.ndjson.gz", "c.evtx", "d.txt", ".hidden.json", "sub/e.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    names = [path.relative_to(tmp_path).as_posix() for path in find_logs([str(tmp_path)])]
    assert names == ["a.ndjson.gz", "b.json", "c.evtx", "sub/e.jsonl"]
    assert find_logs([str(tmp_path / "*.txt"), str(tmp_path / "d.txt")]) == [tmp_path / "d.txt"]
    with pytest.raises(FileNotFoundError):
        find_logs([str(tmp_path / "none*")])


# --- Windows events

SYSMON = {
    "EventID": 1,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Computer": "host",
    "Provider_Name": "Microsoft-Windows-Sysmon",
    "Image": "C:\\a.exe",
    "CommandLine": "a b",
}


def system(provider: Any, number: Any = 1) -> dict[str, Any]:
    return {
        "Provider": provider,
        "EventID": number,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "host",
        "Correlation": None,
    }


DATA = {"Image": "C:\\a.exe", "CommandLine": "a b"}
WINDOWS: Mapping[str, dict[str, Any]] = {
    "EVTX as JSON": {
        "Event": {
            "#attributes": {"xmlns": "x"},
            "System": system({"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}),
            "EventData": {"#attributes": {"Name": "x"}, **DATA},
        }
    },
    "EVTX with attributes apart": {
        "Event": {
            "System": system(None) | {"Provider_attributes": {"Name": "Microsoft-Windows-Sysmon"}},
            "EventData": DATA,
        }
    },
    "qualified event id": {
        "Event": {
            "System": system(
                {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, {"#attributes": {"Qualifiers": 0}, "#text": 1}
            ),
            "EventData": DATA,
        }
    },
    "XML by a converter": {
        "Event": {
            "@xmlns": "x",
            "System": system({"@Name": "Microsoft-Windows-Sysmon"}, "1"),
            "EventData": {"Data": [{"@Name": name, "#text": value} for name, value in DATA.items()]},
        }
    },
    "without Event around it": {
        "System": system({"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}),
        "EventData": DATA,
    },
    "winlogbeat": {
        "winlog": {
            "channel": "Microsoft-Windows-Sysmon/Operational",
            "event_id": "1",
            "provider_name": "Microsoft-Windows-Sysmon",
            "computer_name": "host",
            "event_data": DATA,
        }
    },
    "NXLog": {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "SourceName": "Microsoft-Windows-Sysmon",
        "Hostname": "host",
        **DATA,
    },
    "flat": SYSMON,
}


@pytest.mark.parametrize("shape", WINDOWS)
def test_windows_events_get_sigmas_names(shape: str) -> None:
    found = normalise(WINDOWS[shape])
    assert {name: found.get(name) for name in SYSMON} == SYSMON


def test_user_data_and_unnamed_data() -> None:
    event = {
        "Event": {
            "System": {"EventID": 104, "Channel": "System"},
            "UserData": {
                "LogFileCleared": {"#attributes": {"xmlns": "x"}, "Channel": "Security", "SubjectUserName": "u"}
            },
        }
    }
    assert normalise(event) == {"EventID": 104, "Channel": ["System", "Security"], "SubjectUserName": "u"}
    event = {"Event": {"System": {"EventID": 400}, "EventData": {"Data": {"#text": ["Stopped", "HostName=x"]}}}}
    assert normalise(event) == {"EventID": 400, "Data": ["Stopped", "HostName=x"]}


def test_audited_process_creations_have_sysmons_names_too() -> None:
    event = {
        "Event": {
            "System": {"EventID": 4688, "Channel": "Security"},
            "EventData": {"NewProcessName": "C:\\a.exe", "SubjectUserName": "u"},
        }
    }
    assert normalise(event)["Image"] == normalise(event)["NewProcessName"] == "C:\\a.exe"


@pytest.mark.parametrize(
    "event", [{}, {"a": 1}, {"Event": "x"}, {"System": "x"}, {"Event": {"System": 5}}, {"winlog": 1}]
)
def test_other_events_stay_as_they_are(event: dict[str, Any]) -> None:
    assert normalise(event) == event


def test_evtx(corpora: Path) -> None:
    """The same events, as EVTX and as the JSON beside it, which another version of the converter wrote."""
    pytest.importorskip("evtx")
    files = sorted((corpora / "events" / "sigma-regression").rglob("*.evtx"))[::10]
    assert files
    for file in files:
        (beside,) = file.parent.glob("*.json")
        ours, theirs = ([normalise(event) for event in events(read_logs(path))] for path in (file, beside))
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert one.keys() == other.keys()
            same = [name for name in one if one[name] == other[name]]
            assert len(same) >= len(one) - 3 and {"EventID", "Channel", "Computer"} <= set(same)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00x", "not a log format that can be read"),
        (gzip.compress(b"hello world\nand more\n"), "not a log format that can be read"),
        (b"\x8d\xd4\r,,x\ry\x01\n", "not a log format that can be read"),
        (b"null\n", "a JSON null is not an event"),
        (b"[1.5]\n", "a JSON number is not an event"),
        (b"1" * 5000, "an integer of too many digits"),
        (b'{"a": }\n', "not valid JSON: expecting value"),
    ],
)
def test_what_is_not_an_event_is_told_in_words(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    found = next(iter(read_logs(tmp_path / "a.json")))
    assert isinstance(found, Broken) and found.reason == reason


@pytest.mark.parametrize(("keep", "reason"), [(30, "the gzip data is cut off"), (None, "the gzip data is damaged")])
def test_gzip_that_is_broken(keep: int | None, reason: str, tmp_path: Path) -> None:
    packed = gzip.compress(b'{"a": 1}\n' * 1000)[:keep]
    (tmp_path / "a.json.gz").write_bytes(packed if keep else packed[:-8] + b"\0" * 8)
    with pytest.raises(Unreadable, match=reason):
        list(read_logs(tmp_path / "a.json.gz"))
