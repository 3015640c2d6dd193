"""Fixtures for every test; marks and the summary of what was skipped."""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

os.environ["TRANSPILE_NO_CACHE"] = "1"  # results of a patched program, or of an earlier one, prove nothing


# Collecting makes a hundred thousand objects that stay; the garbage collector would walk them again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again, but none of what collecting the tests made."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of public rules and events; tests that need it skip without it."""
    place = os.environ.get("TRANSPILE_CORPORA")
    if not place or not Path(place).is_dir():
        pytest.skip("TRANSPILE_CORPORA does not name the folder of public rules and events")
    return Path(place)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that read public corpora: those that use the fixture `corpora`."""
    for item in items:
        if "corpora" in getattr(item, "fixturenames", ()):
            item.add_marker("corpora")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped: a line for each reason, with how many tests it kept from running."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(str(one.longrepr[-1]).removeprefix("Skipped: ") for one in skipped)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"skipped {count} test{'s' * (count > 1)}: {reason}")
