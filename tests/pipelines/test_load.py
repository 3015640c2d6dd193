from __future__ import annotations

from pathlib import Path

import pytest

from transpile.pipelines.document import ModelError
from transpile.pipelines.load import load, names


@pytest.mark.parametrize("name", names())
def test_every_model_that_travels_with_the_package_is_sound(name: str) -> None:
    model = load(name)
    assert model.name == name
    assert model.title
    assert model.is_none or (model.target and model.sources)
    assert load(name) is model


def test_the_packages_models_are_listed_none_first() -> None:
    assert names()[0] == "none"
    assert {"ecs", "sentinel", "udm", "windows-xml"} <= set(names())


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="'sentinel'"):
        load("sentinell")


MODEL = """\
title: mine
for: kql
tables:
  t:
    Image: Path
sources:
  - for: windows/process_creation
    dataset: Mine
    where: {Kind number: 1}
    fields: t
"""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_users_own_file(tmp_path: Path) -> None:
    model = load(write(tmp_path, MODEL))
    (source,) = next(iter(model.sources.values()))
    entry = source.find("Image")
    assert (model.title, model.target, source.dataset) == ("mine", ("kql",), "Mine")
    assert entry is not None
    assert str(entry.place) == "mine.yml:5"


def test_a_users_own_file_comes_before_what_it_includes(tmp_path: Path) -> None:
    model = load(write(tmp_path, MODEL.replace("title: mine", "title: mine\ninclude: sentinel")))
    places = next(found for logsource, found in model.sources.items() if logsource.category == "process_creation")
    assert places[0].dataset == "Mine"
    assert "SecurityEvent" in (places[1].dataset or "")


@pytest.mark.parametrize("left_out", ["named", "windows/process_creation", "[windows/process_*]"])
def test_a_place_for_many_log_sources_leaves_some_out(tmp_path: Path, left_out: str) -> None:
    rest = f"  - for: windows/*\n    except: {left_out}\n    dataset: Rest\n"
    sources = load(write(tmp_path, MODEL + rest)).sources
    datasets = {logsource.category: [place.dataset for place in places] for logsource, places in sources.items()}
    assert datasets["process_creation"] == ["Mine"]
    assert datasets["image_load"] == ["Rest"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sources:", "source:", r"mine\.yml:6:1: unknown key 'source'; did you mean 'sources'"),
        ("fields: t", "fields: u", r"mine\.yml:10:13: no table 'u'; there are t"),
        (
            "process_creation",
            "process_creaton",
            r"mine\.yml:7:10: no log source .*did you mean 'windows/process_creation'",
        ),
        ("Image: Path", "Image: Path strng", r"mine\.yml:5:12: 'strng' is not a type"),
        ("number: 1", "number: one", r"mine\.yml:9:26: 'one' is not a number"),
        ("Image: Path", "Image: {split: {head: a}}", r"mine\.yml:5:20: 'tail' is missing here"),
        ("Image: Path", "Image: {splat: a}", r"mine\.yml:5:13: unknown key 'splat'; did you mean 'split'"),
        ("Image: Path", "Image: Path\n    Image: P", r"mine\.yml:6:5: 'Image' is defined twice here"),
        ("  t:\n    Image: Path", "  t: [a]", r"mine\.yml:4:6: expected a map"),
        ("for: windows/process_creation\n    dataset", "dataset", r"mine\.yml:7:5: a source needs 'for'"),
        ("title: mine", "include: nowhere", r"mine\.yml:1:10: nothing to include under the name 'nowhere'"),
        ("title: mine", "title: [", r"mine\.yml:\d+:\d+: not valid YAML"),
        (MODEL, "", "the file is empty"),
    ],
)
def test_a_wrong_file_is_answered_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in MODEL
    with pytest.raises(ModelError, match=message):
        load(write(tmp_path, MODEL.replace(old, new)))


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="includes itself"):
        load(write(tmp_path, MODEL.replace("title: mine", "include: mine.yml")))
