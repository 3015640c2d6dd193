"""Results of earlier runs: used where nothing has changed, made anew where anything has."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from transpile import batch, user_cache
from transpile.batch import cache, convert_files, find
from transpile.conversion import Conversion, Options, Status
from transpile.verify import verify_files

RULE = """\
title: {title}
id: 00000000-0000-4000-8000-00000000000{number}
name: rule_{number}
logsource: {{product: windows, category: process_creation}}
detection:
  selection: {{Image|endswith: '\\{title}.exe'}}
  condition: selection
"""
CORRELATION = """\
title: Often
correlation:
  type: event_count
  rules: [rule_1]
  group-by: [Computer]
  timespan: 5m
  condition: {gte: %d}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of three rules, with a store of its own for results."""
    monkeypatch.delenv(user_cache.OFF, raising=False)
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path / "cache"))
    folder = tmp_path / "rules"
    folder.mkdir()
    for number, title in enumerate(("one", "two", "three"), start=1):
        (folder / f"{title}.yml").write_text(RULE.format(title=title, number=number))
    yield folder


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files that were not taken from the store; everything is done in this process."""
    done: list[str] = []

    def run(work: object, items: list[tuple[batch.RuleFile, object]], **_: object) -> Iterator[object]:
        done.extend(Path(file.path).stem for file, _ in items)
        return map(work, items)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(batch, "run", run)
    return done


def convert(folder: Path, **options: object) -> list[Conversion]:
    wanted = Options(**{"targets": ("kql",), **options})  # type: ignore[arg-type]
    return [one for _, found in convert_files(find([str(folder)]), wanted, cached=True) for one in found]


def plain(found: list[Conversion]) -> list[object]:
    return [one.to_dict() for one in found]


def test_only_what_changed_is_converted_again(rules: Path, worked_on: list[str]) -> None:
    first = convert(rules)
    assert sorted(worked_on) == ["one", "three", "two"]
    worked_on.clear()
    assert plain(convert(rules)) == plain(first)
    assert worked_on == []
    (rules / "two.yml").write_text(RULE.format(title="other", number=2))
    second = convert(rules)
    assert worked_on == ["two"]
    assert [one.title for one in second] == ["one", "three", "other"]
    assert "other.exe" in str(second[2].query)


def test_other_options_are_other_results(rules: Path, worked_on: list[str]) -> None:
    convert(rules)
    worked_on.clear()
    assert {one.target for one in convert(rules, targets=("eql",))} == {"eql"}
    convert(rules, models=("none",))
    convert(rules, unmapped="keep")
    convert(rules, values={"x": ["a"]})
    assert len(worked_on) == 12


def test_what_other_texts_say_counts(rules: Path, worked_on: list[str]) -> None:
    (rules / "often.yml").write_text(CORRELATION % 5)
    convert(rules, targets=("spl",))
    worked_on.clear()
    (rules / "often.yml").write_text(CORRELATION % 6)
    assert any("6" in str(one.query) for one in convert(rules, targets=("spl",)) if one.title == "Often")
    assert "often" in worked_on
    worked_on.clear()
    (rules / "one.yml").write_text(RULE.format(title="changed", number=1))
    found = {one.title: one.query for one in convert(rules, targets=("spl",))}
    assert "changed.exe" in str(found["Often"])


def test_what_cannot_be_read_is_not_tried_again(rules: Path, worked_on: list[str]) -> None:
    (rules / "two.yml").write_text("title: broken\ndetection: 3\n")
    first = convert(rules)
    assert [one.status for one in first].count(Status.ERROR) == 1
    worked_on.clear()
    assert plain(convert(rules)) == plain(first)
    assert worked_on == []


def test_what_failed_is_tried_again(rules: Path, worked_on: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("transpile.conversion.run_passes", None)
        assert {one.status for one in convert(rules)} == {Status.ERROR}
    worked_on.clear()
    assert {one.status for one in convert(rules)} == {Status.EXACT}
    assert len(worked_on) == 3


def test_nothing_is_kept_where_a_result_depends_on_files_of_the_user(rules: Path, tmp_path: Path) -> None:
    model = tmp_path / "mine.yml"
    model.write_text("title: Mine\nfor: kql\ninclude: [sentinel]\n")
    convert(rules, models=(str(model),))
    assert not (tmp_path / "cache").exists()


def test_it_can_be_turned_off(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(user_cache.OFF, "1")
    convert(rules)
    assert not (tmp_path / "cache").exists()


def test_proofs_are_kept_too(rules: Path, worked_on: list[str]) -> None:
    options = Options(("kql",))
    first = [one.to_dict() for found in verify_files(find([str(rules)]), options, cached=True) for one in found]
    worked_on.clear()
    second = [one.to_dict() for found in verify_files(find([str(rules)]), options, cached=True) for one in found]
    assert (worked_on, second) == ([], first)


def test_a_broken_store_is_as_good_as_none(rules: Path, tmp_path: Path, worked_on: list[str]) -> None:
    first = convert(rules)
    store = tmp_path / "cache" / "results.sqlite"
    with sqlite3.connect(store) as db:
        db.execute("update result set value = x'00'")
    assert plain(convert(rules)) == plain(first)
    for one in store.parent.iterdir():
        one.write_bytes(b"no database")
    assert plain(convert(rules)) == plain(first)


def test_nothing_but_results_is_loaded(rules: Path, tmp_path: Path) -> None:
    first = convert(rules)
    evil = pickle.dumps(_Evil(tmp_path / "touched"))
    with sqlite3.connect(tmp_path / "cache" / "results.sqlite") as db:
        db.execute("update result set value = ?", (evil,))
    assert plain(convert(rules)) == plain(first)
    assert not (tmp_path / "touched").exists()


class _Evil:
    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.place}",)


def test_what_was_not_used_for_longest_goes_first(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = rules.parent / "store.sqlite"
    monkeypatch.setattr(cache, "LARGEST", 2500)
    for day, text in enumerate("abc"):
        kept = cache.Kept(store, b"", lambda _: True)
        monkeypatch.setattr(kept, "_today", day)
        kept.put(text.encode(), text * 1000)
        kept.close()
    kept = cache.Kept(store, b"", lambda _: True)
    assert kept.known((b"a", b"b", b"c")) == {b"b", b"c"}
    kept.close()


def test_a_folder_that_others_may_write_to_is_not_used(rules: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    place.mkdir()
    place.chmod(0o777)
    convert(rules)
    assert list(place.iterdir()) == []


def test_the_digest_of_options_is_the_same_in_every_order() -> None:
    one = Options(("kql",), values={"a": ["1"], "b": ["2"]}, lookups={"t": [{"x": "1"}]})
    other = Options(("kql",), values={"b": ["2"], "a": ["1"]}, lookups={"t": [{"x": "1"}]})
    assert cache._digest(one) == cache._digest(other)
    assert cache._digest(one) != cache._digest(Options(("kql",), values={"a": ["1"], "b": ["3"]}))
    assert cache._digest(("ab", "c")) != cache._digest(("a", "bc"))
    with pytest.raises(TypeError):
        cache._digest(object())
