"""The codes of this room: each is used, and each is raised by a test."""

from __future__ import annotations

import re
from pathlib import Path

from transpile.report.codes import all_codes

# An id given twice is seen over several files, by `transpile check`; its test is there.
ELSEWHERE = {"SIG079"}

ROOM = Path(__file__).parents[2] / "transpile" / "dialects" / "sigma"


def codes_in(folder: Path) -> set[str]:
    return {
        code
        for path in folder.glob("*.py")
        if not path.name.startswith("codes")
        for code in re.findall(r"SIG\d{3}", path.read_text(encoding="utf-8"))
    }


def test_codes_are_those_of_the_table() -> None:
    table = {code for code in all_codes() if code.startswith("SIG")} - ELSEWHERE
    used = codes_in(ROOM) - ELSEWHERE
    assert used == table
    assert codes_in(Path(__file__).parent) - ELSEWHERE == table
