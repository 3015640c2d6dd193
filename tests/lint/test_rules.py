"""Single lint rules where a one-mistake rule does not show all there is to them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.lint.lint_cases import BASE, NAME, everything
from transpile import attack
from transpile.codes import Effect
from transpile.diagnostics import Severity
from transpile.lint.codes import CODES
from transpile.lint.duplicates import SET_CHECKS
from transpile.lint.options import LintOptions
from transpile.lint.run import CHECKS, lint_text
from transpile.lint.settings import LintSettings


def codes(text: str, path: str = NAME, settings: LintSettings | None = None) -> list[str]:
    return [one.diagnostic.code for one in lint_text(text, path, settings or everything())]


def hints(text: str, code: str) -> list[str]:
    return [one.diagnostic.hint for one in lint_text(text, NAME, everything()) if one.diagnostic.code == code]


def test_the_table_and_the_checks_are_of_one_size() -> None:
    assert set(CHECKS) | {code for code in SET_CHECKS if code in CODES} | {"LNT190"} == set(CODES)
    assert list(CODES) == sorted(CODES)
    names = [row.name for row in CODES.values()]
    assert len(set(names)) == len(names) and all(name == name.lower().strip("-") for name in names)
    assert all(row.effect is Effect.NOTE and Severity(row.level) and row.explanation for row in CODES.values())
    assert len(CODES) >= 110


def test_a_text_of_many_characters() -> None:
    assert "LNT032" in codes(BASE.replace("Finds the start", "x" * 65_536))


def test_a_new_rule_is_experimental_first() -> None:
    young = BASE.replace("modified: 2024-06-01\n", "").replace("2024-05-01", "2025-03-01")
    settings = LintSettings(frozenset({"LNT019"}), options=LintOptions(today=date(2025, 4, 1)))
    assert codes(young, settings=settings) == ["LNT019"]
    assert codes(young.replace("status: test", "status: experimental"), settings=settings) == []
    assert codes(young + "regression_tests_path: x\n", settings=settings) == []
    assert codes(young, settings=LintSettings(frozenset({"LNT019"}), options=LintOptions(today=date(2025, 6, 1)))) == []


@pytest.mark.parametrize("folder", ["rules/deprecated/", "unsupported/windows/"])
def test_retired_rules_in_their_folders_are_fine(folder: str) -> None:
    status = "deprecated" if "deprecated" in folder else "unsupported"
    text = BASE.replace("status: test", f"status: {status}\nrelated: []")
    assert "LNT020" not in codes(text, folder + NAME)
    assert "LNT020" in codes(text, "rules/" + NAME)


@pytest.mark.parametrize(
    ("technique", "hint"),
    [
        ("t1086", "its successor is T1059.001 PowerShell"),
        ("t1562.001", "its successor is T1685 Disable or Modify Tools"),
        ("t1059.999", "there is T1059 Command and Scripting Interpreter"),
        ("t0059", "near is T1059 Command and Scripting Interpreter"),
        ("t9999", ""),
    ],
)
def test_unknown_techniques_come_with_the_nearest(technique: str, hint: str) -> None:
    assert hints(BASE.replace("attack.t1033", f"attack.{technique}"), "LNT052") == [hint]


def test_every_technique_and_tactic_is_known() -> None:
    names = [one.id.lower() for one in attack.techniques()] + [one.key for one in attack.tactics()]
    listed = "".join(f"    - attack.{name}\n" for name in [*names, "defense-evasion", "g0007", "s0002"])
    text = BASE.replace("    - attack.discovery\n    - attack.t1033\n", listed)
    assert {"LNT050", "LNT052", "LNT053", "LNT054"}.isdisjoint(codes(text))


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        ("Hashes|contains: 'MD5=0123456789abcdef0123456789ABCDEF'", False),
        ("Hashes|contains: 'IMPHASH=00000000000000000000000000000000'", False),
        ("Hashes|contains: 'SHA1=0123'", True),
        ("Hashes|startswith: 'SHA1=0123'", False),
        ("Hashes|contains: '0123456789abcdef0123456789abcdef'", True),
        ("Hashes: 'MD5=0123456789abcdef0123456789abcdef,SHA1=*'", False),
        ("Hashes|contains: 'MD5=xyz'", True),
        ("Hashes: null", False),
    ],
)
def test_hashes(value: str, is_found: bool) -> None:
    text = BASE.replace("Image|endswith: '\\whoami.exe'", value)
    assert ("LNT090" in codes(text)) is is_found


@pytest.mark.parametrize(
    ("key", "values", "is_found"),
    [
        ("Image|all", "['a', 'b']", True),
        ("Image|all", "['*a*', '*b*']", False),
        ("Image|all", "['a', 'A']", False),
        ("Image|endswith|all", "['\\a.exe', 'exe']", False),
        ("Image|endswith|all", "['\\a.exe', '.dll']", True),
        ("Image|re|all", "['a.', 'b.']", False),
        ("Image|contains|all", "['a.', 'b.']", False),
    ],
)
def test_all_of_values_that_exclude_each_other(key: str, values: str, is_found: bool) -> None:
    text = BASE.replace("Image|endswith: '\\whoami.exe'", f"{key}: {values}")
    assert ("LNT113" in codes(text)) is is_found


@pytest.mark.parametrize(
    ("key", "values", "covered"),
    [
        ("CommandLine|contains", "['abc', 'b', 'B2', 'xyz']", ["abc", "B2"]),
        ("CommandLine|startswith", "['abc', 'b', 'ab']", ["abc"]),
        ("CommandLine|endswith", "['abc', 'bc', 'ab']", ["abc"]),
        ("CommandLine|contains|all", "['abc', 'bc', 'xy']", ["bc"]),
        ("CommandLine|contains|cased", "['abc', 'B']", []),
        ("CommandLine|contains", "['a*c', 'a']", []),
        ("CommandLine", "['abc', 'b']", []),
    ],
)
def test_values_that_others_cover(key: str, values: str, covered: list[str]) -> None:
    text = BASE.replace("Image|endswith: '\\whoami.exe'", f"{key}: {values}")
    found = [one.diagnostic.message for one in lint_text(text, NAME) if one.diagnostic.code == "LNT110"]
    assert [message.split("`")[1] for message in found] == covered


def test_process_creation_has_the_event_numbers_of_two_logs() -> None:
    text = BASE.replace("        Image|endswith", "        EventID: 4688\n        Image|endswith")
    assert {"LNT084", "LNT092"}.isdisjoint(codes(text))


def test_whatever_the_text_holds_nothing_is_raised() -> None:
    for text in ("", "x", "- 1", "title: [", "detection: {a: *b}", "tags: {a: b}", "logsource: [x]\ndetection: 3\n"):
        lint_text(text, NAME, everything())
    for key in ("title", "id", "status", "tags", "logsource", "detection", "references", "falsepositives", "related"):
        for value in ("", "null", "3", "[]", "{}", "[[]]", "[{}]", "[null]", "{a: [b]}", "'*'", "2024-01-01"):
            lint_text(BASE.replace(f"{key}:", f"{key}: {value}\nold_{key}:"), NAME, everything())
