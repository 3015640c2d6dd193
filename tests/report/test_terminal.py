"""What a person sees: carets, colours, counts, and nothing that a rule could do to a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from transpile.codes import Direction, failures
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Diagnostic, Severity, diagnose, one_line, printable
from transpile.report.codes import all_codes, meaning
from transpile.report.plain import Grid, Styled, table_text
from transpile.report.summary import ResultTally, summary
from transpile.report.terminal import console, diagnostic_text, plain_console, progress, query_text, table_of
from transpile.source import Source, Span


@pytest.mark.parametrize(
    ("text", "span", "caret"),
    [
        ("a: bcd", Span(1, 4, 1, 7), "   ^^^"),
        ("\ta: bcd", Span(1, 5, 1, 8), "\t   ^^^"),
        ("a: [b,\n c]", Span(1, 4, 2, 4), "   ^^^"),
        ("a: b", Span(1, 4, 1, 4), "   ^"),
        ("a: b", Span(1, 5, 1, 6), "    ^"),
    ],
)
def test_the_caret_stands_under_the_place(text: str, span: Span, caret: str) -> None:
    lines = diagnostic_text(Diagnostic(failures.IO001, Severity.ERROR, "x", span), Source(text)).plain.split("\n")
    assert lines[1:] == [f"     1 | {text.splitlines()[0]}", f"       | {caret}"]


def test_a_place_past_the_text_has_no_caret() -> None:
    assert (
        "\n"
        not in diagnostic_text(Diagnostic(failures.IO001, Severity.ERROR, "x", Span(9, 1, 9, 2)), Source("a")).plain
    )


def test_a_path_does_nothing_to_the_terminal() -> None:
    found = Diagnostic(failures.IO001, Severity.ERROR, "x", Span(1, 2, 1, 3))
    assert diagnostic_text(found, path="a\x1b[31m.yml").plain == "a\\x1b[31m.yml:1:2: error IO001: x"


@given(st.text())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_nothing_reaches_the_terminal_but_print(text: str) -> None:
    assert all(char.isprintable() or char in "\t\n" for char in printable(text))
    assert "\n" not in one_line(text)


@given(st.text())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_colouring_changes_no_character(text: str) -> None:
    assert query_text(text).plain == printable(text)


def test_colouring_of_a_query() -> None:
    found = query_text('Events | where A endswith @"\\x" and B == 4 // c')
    spans = {found.plain[span.start : span.end]: str(span.style) for span in found.spans}
    assert spans['@"\\x"'] == "query.string" and spans["4"] == "query.number"
    assert spans["where"] == "query.word" and spans["// c"] == "query.comment"


def test_a_rule_counts_once_for_each_reason() -> None:
    tally = ResultTally()
    twice = tuple(diagnose(failures.IO002, reason=reason) for reason in ("a", "b"))
    tally.add([Conversion("a", None, None, "kql", "none", Status.ERROR, diagnostics=twice)])
    tally.add([Conversion("a", None, None, "spl", "none", Status.EXACT, "q")])
    assert tally.reasons == {("kql", (failures.IO002, Direction.EXACT)): 1}
    assert tally.seen == {Status.ERROR, Status.EXACT}
    output = StringIO()
    on = console(output)
    on.print(summary(tally, on))
    rows = [line.split() for line in output.getvalue().splitlines() if line.strip()]
    assert rows[1] == ["kql", "none", "-", "-", "-", "1"] and rows[2] == ["spl", "none", "1", "-", "-", "-"]


def test_what_many_rules_need_is_summed_up_by_kind() -> None:
    tally = ResultTally()
    for number in range(7):
        needs = (("data", "Table"), ("channel", f"Security, event {number}"))
        tally.add([Conversion("a", None, None, "kql", "sentinel", Status.EXACT, "q", needs=needs)])
    output = StringIO()
    on = console(output)
    on.print(summary(tally, on))
    rows = [line.split() for line in output.getvalue().splitlines() if line.strip()]
    assert rows[2][:3] == ["needs", "2", "more:"]
    assert rows[3] == ["data", "Table", "7"]
    assert rows[4:] == [["channel", "Security,", "event", str(number), "1"] for number in range(5)]


def test_every_code_has_a_meaning_on_one_line() -> None:
    for code in all_codes().values():
        said = meaning(code)
        assert said and "{" not in said.replace("${", "") and "\n" not in said, code.id


def test_what_is_written_to_a_file_does_not_go_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    with progress(Console(file=screen, force_terminal=True, width=80), "matching") as move:
        assert move is not None
        move(1, 2)
        print("a hit")
    assert capsys.readouterr().out == "a hit\n"
    assert "1/2" in screen.getvalue() and "a hit" not in screen.getvalue()


def test_a_pipe_has_no_bar_even_with_colour() -> None:
    with progress(Console(file=StringIO(), force_terminal=True), "matching") as move:
        assert move is None


def test_a_table_without_rich_is_the_same() -> None:
    rows = (("kql", "sentinel", "1,234", Styled("-", "dim")), ("yaral", "udm", "5", "600"))
    for numbers in (range(2, 4), range(0), range(1)):
        grid = Grid(("target", "model", "exact", ""), rows, numbers)
        stream = StringIO()
        plain_console(stream).print(table_of(plain_console(stream), grid))
        assert table_text(grid) == stream.getvalue().removesuffix("\n")
    assert table_text(Grid(("ü",), (), range(0))) is None


@pytest.mark.parametrize("start", [0, 30, 100_000, 199_990, 200_000])
def test_a_long_line_is_cut_around_its_caret(start: int) -> None:
    source = Source("x" * start + "=>" + "y" * (200_000 - start))
    found = Diagnostic(failures.IO001, Severity.ERROR, "x", Span(1, start + 1, 1, start + 3))
    _, line, carets = diagnostic_text(found, source).plain.split("\n")
    assert len(line) <= len("     1 | ") + 160 + 2 * len("...")
    assert line.startswith("     1 | ...") is (start > 40) and line.endswith("...") is (start < 199_900)
    assert line[carets.index("^") : carets.rindex("^") + 1] == "=>"


def test_a_marked_place_longer_than_what_is_shown_has_carets_to_its_end() -> None:
    found = Diagnostic(failures.IO001, Severity.ERROR, "x", Span(1, 4, 1, 5000))
    _, line, carets = diagnostic_text(found, Source("a: " + "b" * 5000)).plain.split("\n")
    assert len(carets) == len(line) - len("...")


def test_the_middle_of_a_very_long_message_is_left_out() -> None:
    message = diagnose(failures.IO002, reason="x" * 200_000 + "!").message
    assert len(message) < 1000 and message.startswith("the file cannot be read: xxx") and message.endswith("xx!")
