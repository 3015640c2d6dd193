"""Each filter's text reads back as the value, by an independent reader of the format."""

from __future__ import annotations

import json
import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.deploy import escape

# Every character but lone surrogates, which no file can hold; hostile runs are made likely.
texts = st.text(
    st.one_of(
        st.sampled_from(list("'\"\\]|[{}%$#\n\r\t`=:-*&!,\u202e\u2028\x00\x07\x85 é😀")),
        st.characters(exclude_categories=["Cs"]),
    )
)
quick = settings(deadline=None, derandomize=True, max_examples=300)


@quick
@given(texts)
def test_yaml_reads_back(text: str) -> None:
    assert yaml.safe_load("k: " + escape.yaml_scalar(text)) == {"k": text}
    assert yaml.safe_load("k: " + escape.yaml_scalar([text, {"a": text}])) == {"k": [text, {"a": text}]}


@quick
@given(texts)
def test_yaml_block_reads_back(text: str) -> None:
    assert yaml.safe_load("a:\n  k: " + escape.yaml_block(text, 4) + "\n  z: 1\n") == {"a": {"k": text, "z": 1}}


@quick
@given(texts)
def test_toml_reads_back(text: str) -> None:
    assert tomllib.loads("k = " + escape.toml_value([text, {"a": text}])) == {"k": [text, {"a": text}]}


@quick
@given(texts)
def test_toml_block_reads_back(text: str) -> None:
    read = tomllib.loads("k = " + escape.toml_block(text) + "\nz = 1")
    assert read["z"] == 1
    assert read["k"] in (text, text + "\n")


@quick
@given(texts)
def test_json_reads_back(text: str) -> None:
    assert json.loads(escape.to_json({"k": text})) == {"k": text}


@quick
@given(texts)
def test_hcl_has_no_open_quote_and_no_interpolation(text: str) -> None:
    quoted = escape.hcl_string(text)
    plain = quoted.replace("$${", "${").replace("%%{", "%{")
    assert json.loads(plain) == text
    assert "\n" not in quoted


def read_bicep(quoted: str) -> str:
    """Bicep's string escapes, from its language reference."""
    assert quoted[0] == quoted[-1] == "'"
    body, out, at = quoted[1:-1], [], 0
    plain = {"\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t", "$": "$"}
    while at < len(body):
        if body[at] == "\\":
            if body[at + 1] == "u":
                end = body.index("}", at)
                out.append(chr(int(body[at + 3 : end], 16)))
                at = end + 1
                continue
            out.append(plain[body[at + 1]])
            at += 2
            continue
        assert body[at] not in "'\n"
        assert not body.startswith("${", at)
        out.append(body[at])
        at += 1
    return "".join(out)


@quick
@given(texts)
def test_bicep_reads_back(text: str) -> None:
    assert read_bicep(escape.bicep_string(text)) == text


@quick
@given(texts)
def test_a_conf_value_never_reaches_the_next_setting(text: str) -> None:
    lines = ("k = " + escape.conf_value(text) + "\nz = 1").split("\n")
    read: list[str] = []
    going_on = False
    for line in lines:
        if going_on:
            read[-1] += "\n" + line
        else:
            read.append(line)
        going_on = read[-1].endswith("\\")
        if going_on:
            read[-1] = read[-1][:-1]
    assert len(read) == 2
    assert read[1] == "z = 1"
    wanted = " ".join(escape.clean(text).split())
    assert " ".join(read[0].removeprefix("k =").split()).removesuffix(".") == wanted.removesuffix(".")
    assert all(line == line.rstrip() for line in lines[1:])


@quick
@given(texts)
def test_a_stanza_is_one_line_without_brackets(text: str) -> None:
    name = escape.conf_stanza(text)
    assert len(name) <= 99
    assert not set("[]\n\r") & set(name)
    assert not name.endswith("\\")


@pytest.mark.parametrize("word", ["true", "No", "null", "1", "1.5", "", "~", "- a", "2020-01-01", "0x10", "=", "<<"])
def test_yaml_words_stay_strings(word: str) -> None:
    assert yaml.safe_load("k: " + escape.yaml_scalar(word)) == {"k": word}
