"""Data models that are kept ready are those that their YAML says."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from transpile import user_cache
from transpile.pipelines import compiled, load
from transpile.pipelines.model import Model, ModelSource


def plain(value: object) -> object:
    """A model as nested tuples, sets sorted, so that two may be compared."""
    match value:
        case Mapping():
            return tuple((plain(key), plain(one)) for key, one in value.items())
        case frozenset():
            return tuple(sorted(map(repr, value)))
        case tuple():
            return tuple(map(plain, value))
        case Model() | ModelSource():
            return tuple(plain(getattr(value, name)) for name in type(value).__match_args__)
        case _:
            return value


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(user_cache.OFF, raising=False)
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["sentinel", "windows-xml"])
def test_a_kept_model_is_the_same(store: Path, name: str) -> None:
    built = load._Builder(load.HERE / f"{name}.yml").model()
    assert compiled.kept(name, lambda: built) is built
    again = compiled.kept(name, lambda: built)
    assert again is not built
    assert plain(again) == plain(built)


def test_what_is_of_another_state_or_broken_is_built_anew(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled.kept("x", lambda: (1,)) == (1,)
    assert compiled.kept("x", lambda: (2,)) == (1,)
    place = store / "model-x.pickle"
    place.write_bytes(place.read_bytes()[:-3])
    assert compiled.kept("x", lambda: (3,)) == (3,)
    monkeypatch.setattr(compiled, "_digest", lambda: b"of another state....")
    assert compiled.kept("x", lambda: (4,)) == (4,)


def test_only_classes_of_the_package_are_loaded(store: Path) -> None:
    compiled.kept("x", lambda: (1,))
    place = store / "model-x.pickle"
    place.write_bytes(place.read_bytes()[:20] + pickle.dumps(pytest.fail))
    assert compiled.kept("x", lambda: (2,)) == (2,)


def test_a_build_carries_them(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BUNDLED", tmp_path / "compiled")
    compiled.write_bundled("x", (1,), tmp_path / "compiled")
    monkeypatch.setenv(user_cache.OFF, "1")
    assert compiled.kept("x", lambda: (2,)) == (1,)
