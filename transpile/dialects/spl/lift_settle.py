"""Settling what has no form in a rule: it is left out so that the rule matches more, and named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import assert_never

from transpile.codes import Code, Direction, Effect
from transpile.diagnostics import Report, diagnose
from transpile.dialects.base import Left
from transpile.dialects.spl import codes
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.source import Source, Span


class Remainder:
    """Collects what of a text is not in the rule, with a diagnostic for each piece."""

    def __init__(self, source: Source) -> None:
        self.report = Report()
        self.left: dict[Left, None] = {}
        self._source = source
        self._said: set[tuple[str, str]] = set()
        self._kept: list[str] = []

    def leave(self, code: Code, text: str, span: Span | None, *, about: str = "", wider: bool = True) -> None:
        """Record a piece of the text and what leaving it out does."""
        facts = {"text": _short(text), "name": about or _short(text)}
        direction = Direction.EXACT
        if code.effect is Effect.APPROXIMATE:
            direction = Direction.WIDER if wider else Direction.NARROWER
        if (code.id, text) not in self._said:
            self._said.add((code.id, text))
            if code is codes.SPL018:
                self._note_kept(text, span)
            elif direction is Direction.EXACT:
                self.report.note(code, span, **facts)
            else:
                self.report.approximate(code, span, wider=wider, **facts)
        found = text if span is None else " ".join(self._source.text_at(span).split())
        self.left[Left(found, span, direction, code)] = None

    def recall(self, code: Code, better: Code, which: Collection[tuple[str, Span | None]]) -> None:
        """Name these pieces, which were left by a code of no effect, by another."""
        for text, span in which:
            old, new = (diagnose(one, span, text=_short(text)) for one in (code, better))
            self.report.diagnostics = [new if one == old else one for one in self.report.diagnostics]
        places = {span or text for text, span in which}
        self.left = {
            replace(one, code=better) if one.code == code and (one.span or one.text) in places else one: None
            for one in self.left
        }

    def _note_kept(self, text: str, span: Span | None) -> None:
        """One note for all that is taken to keep every event, at the place of the first."""
        if text not in self._kept:
            self._kept.append(text)
        found = self.report.diagnostics
        place = next((place for place, one in enumerate(found) if one.kind is codes.SPL018), None)
        if place is None:
            self.report.note(codes.SPL018, span, text=_short(text))
        else:
            found[place] = diagnose(codes.SPL018, found[place].span, text=_short(", ".join(self._kept)))

    def settle(self, expr: Expr, negated: bool = False) -> Expr:
        """The expression with what has no form taken to hold, or, under a NOT, not to."""
        match expr:
            case And(args):
                return And(tuple(self.settle(arg, negated) for arg in args))
            case Or(args):
                return Or(tuple(self.settle(arg, negated) for arg in args))
            case Not(arg):
                return Not(self.settle(arg, not negated))
            case Opaque(text, why, span):
                code_id, _, about = why.partition(" ")
                self.leave(getattr(codes, code_id), text, span, about=about)
                return Constant(not negated)
            case Match() | Keyword() | Constant():
                return expr
            case _:
                assert_never(expr)


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
