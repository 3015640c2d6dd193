"""Results as JUnit XML, which build servers show as tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree as Xml

# What XML 1.0 cannot hold, however it is escaped (section 2.2, "Characters").
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class TestCase(NamedTuple):
    """One test: its suite, its name, and what is wrong; `skipped` if it says nothing either way."""

    suite: str
    name: str
    file: str
    failure: str = ""
    detail: str = ""
    skipped: str = ""


def to_junit(cases: Iterable[TestCase]) -> str:
    """The cases as one XML document, a suite for each name of one.

    >>> to_junit([TestCase("kql", "net", "net.yml", failure="wrong")]).splitlines()[1]
    '<testsuites tests="1" failures="1" skipped="0">'
    """
    suites: dict[str, list[TestCase]] = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    root = Xml.Element("testsuites", _counts([case for suite in suites.values() for case in suite]))
    for name, inside in suites.items():
        suite = Xml.SubElement(root, "testsuite", {"name": _clean(name)} | _counts(inside))
        for case in inside:
            element = Xml.SubElement(
                suite,
                "testcase",
                {"classname": _clean(case.suite), "name": _clean(case.name), "file": _clean(case.file)},
            )
            if case.failure:
                Xml.SubElement(element, "failure", {"message": _clean(case.failure)}).text = _clean(case.detail)
            elif case.skipped:
                Xml.SubElement(element, "skipped", {"message": _clean(case.skipped)})
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _counts(cases: list[TestCase]) -> dict[str, str]:
    failures = sum(bool(case.failure) for case in cases)
    skipped = sum(bool(case.skipped and not case.failure) for case in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "skipped": str(skipped)}


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
