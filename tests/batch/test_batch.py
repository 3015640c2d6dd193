"""Many rules: one result for each, whatever the files hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile.batch import convert_files, convert_paths, find
from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source

GOOD = """\
title: Good
logsource: {category: process_creation}
detection:
  selection:
    Image: a.exe
  condition: selection
"""

# Each holds one document that is not a sound rule, or many.
BAD: dict[str, bytes] = {
    "binary.yml": bytes(range(256)) * 40,
    "broken.yml": b"title: [\n",
    "tabs.yml": b"title: x\n\tdetection: y\n",
    "list.yml": b"- detection\n- 2\n",
    "text.yml": b"just words on detection\n",
    "types.yml": b"title: {a: 1}\nlogsource: 7\ndetection: [1]\n",
    "condition.yml": GOOD.replace("condition: selection", "condition: {a: b}").encode(),
    "deep.yml": b"title: " + b"[" * 20_000 + b"]" * 20_000,
    "deep_condition.yml": GOOD.replace("condition: selection", "condition: " + "not " * 3000 + "selection").encode(),
    "brackets.yml": GOOD.replace(
        "condition: selection", "condition: " + "(" * 5000 + "selection" + ")" * 5000
    ).encode(),
    "bomb.yml": b"title: x\nid: 1\na: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (n + 1, n + 1, *[n] * 9) for n in range(97, 108)),
    "cycle.yml": b"title: x\ndetection: &d\n  selection: *d\n  condition: selection\n",
    "large.yml": b"# " + b"x" * 50_000_000,
    "nul.yml": b"title: a\0b\n",
    "latin.yml": "title: Überfall\n".encode("latin-1"),
    "tag.yml": b"title: !!python/object/apply:os.system ['true']\n",
    "duplicate.yml": GOOD.replace("Image: a.exe", "Image: a.exe\n    Image: b.exe").encode(),
    "surrogate.yml": GOOD.replace("a.exe", '"\\ud800"').encode(),
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bad files, each between two good ones."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "0.yml").write_text(GOOD)
    for name, raw in BAD.items():
        (folder / name).write_bytes(raw)
        (folder / f"{name}.good.yml").write_text(GOOD)
    return folder


def test_no_bad_file_stops_or_touches_the_others(mixed: Path) -> None:
    seen: dict[str, list[Conversion]] = {}
    for file, conversions in convert_files(find([str(mixed)]), Options(("kql", "spl"), models=("none",)), timeout=10):
        seen[file.relative] = conversions
    good = [name for name in seen if name not in BAD]
    assert len(good) == len(BAD) + 1
    for name in good:
        assert [one.status for one in seen[name]] == [Status.EXACT, Status.EXACT]
    for name in BAD:
        assert seen[name], f"{name} was lost"
        assert all(one.diagnostics and one.query is None for one in seen[name]), name
        codes = {diagnostic.code for one in seen[name] for diagnostic in one.diagnostics}
        assert not codes & {"IO001", "IO004", "IO005"}, f"{name} broke the tool instead of being understood: {codes}"


def test_every_language_gets_a_result_for_every_file(mixed: Path) -> None:
    found = list(convert_paths([str(mixed)], write=["kql", "spl"], model="none"))
    assert {one.path for one in found} == {str(path) for path in mixed.iterdir()}
    by_path: dict[str, list[str]] = {}
    for one in found:
        by_path.setdefault(one.path, []).append(one.target)
    assert all(targets[:2] == ["kql", "spl"] for targets in by_path.values())


def test_a_file_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    import transpile.batch as batch

    for name in ("a", "slow", "z"):
        (tmp_path / f"{name}.yml").write_text(GOOD)

    def slow(source: Source, options: Options) -> list[Conversion]:
        if "slow" in source.path:
            time.sleep(60)
        return convert_source(source, options)

    monkeypatch.setattr(batch, "convert_source", slow)
    found = list(convert_paths([str(tmp_path)], write="kql", model="none", timeout=0.3))
    assert [one.status for one in found] == [Status.EXACT, Status.ERROR, Status.EXACT]
    assert [one.code for one in found[1].diagnostics] == ["IO004"]


def test_progress_is_told(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.yml").write_text(GOOD)
    steps: list[tuple[int, int]] = []
    list(convert_paths([str(tmp_path)], model="none", progress=lambda *step: steps.append(step)))
    assert steps == [(number, 5) for number in range(1, 6)]
