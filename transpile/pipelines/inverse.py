"""From a test of a platform's field back to a test of the Sigma field that is stored there.

`invert` is the inverse of each form's `rewrite`: what a data model makes of the result is the test that went in, except
where the model itself loses something.
"""

from __future__ import annotations

import re

from transpile.ir.expr import Expr, Match
from transpile.ir.match import ANY, Field, FieldRef, Pattern, Test
from transpile.pipelines.forms import How, Prefixed, RegistryStrings, Rename, Split
from transpile.pipelines.model import FieldEntry, ModelSource


class InverseIndex:
    """The Sigma fields of one source by the platform's fields, made once."""

    def __init__(self, source: ModelSource) -> None:
        self._known: dict[str, tuple[str, How, FieldEntry]] = {}
        heads: dict[str, bool] = {}
        for sigma, entry in source.fields.items():
            split = isinstance(entry.how, Split)
            for place, how in entry.how.places():
                name = key_of(place)
                if name not in self._known or self._better(sigma, name, source):
                    self._known[name] = (sigma, how, entry)
                    heads[name] = split and isinstance(how, Prefixed)
        self._heads = frozenset(name for name, is_head in heads.items() if is_head)
        self._rest = _template(source)
        self.registry = next(
            (
                (sigma, entry.how.data.name, entry.how.type.name)
                for sigma, entry in source.fields.items()
                if isinstance(entry.how, RegistryStrings)
            ),
            None,
        )  # data of the registry: Sigma's field, and the platform's two
        self._kind = source.kind

    def _better(self, sigma: str, name: str, source: ModelSource) -> bool:
        """Whether another Sigma field that is stored in the same place is to be preferred: one of the log source's."""
        return self._known[name][0] not in source.kind.fields and sigma in source.kind.fields

    def find(self, name: str) -> tuple[str, How] | None:
        """The Sigma field that is stored in a platform's field, and how; None if no line of the model says so."""
        name = key_of(name)
        if name in self._known:
            sigma, how, _ = self._known[name]
            return sigma, how
        found = self._rest.fullmatch(name) if self._rest else None
        if found and self._kind.has(found["name"]):
            return found["name"], Rename(Field(name))
        return None

    def is_head(self, name: str) -> bool:
        """Whether a platform's field holds what is before a separator: the domain of a user."""
        return key_of(name) in self._heads


_MAP = 'additional.fields["'
_KEY = re.compile(re.escape(_MAP) + r'([^"]+)"\]')


def key_of(name: str) -> str:
    """The name by which a query's own reader calls a field: of UDM's map for what has no field, the key.

    >>> key_of('additional.fields["AccessMask"]')
    'AccessMask'
    """
    found = _KEY.fullmatch(name) if name.startswith(_MAP) else None
    return found[1] if found else name


def _template(source: ModelSource) -> re.Pattern[str] | None:
    """The template for fields without a line of their own, as a regex: `EventData.{name}`."""
    how = source.rest.how if source.rest else None
    if not isinstance(how, Rename) or "{name}" not in how.field.name:
        return None
    before, _, after = key_of(how.field.name).partition("{name}")
    return re.compile(f"{re.escape(before)}(?P<name>.+){re.escape(after)}")


def invert(leaf: Match, sigma: str, how: How, *, head: bool = False, number: bool | None = None) -> Expr | None:
    """The test of the Sigma field that a platform's test comes to; None where it has no exact form.

    `number`: whether the rule says of registry data that it is a number, or that it is none.
    """
    field, test = Field(sigma), leaf.test
    if isinstance(test, FieldRef):
        return None  # both sides have to be mapped: see `backward`

    def make(new: Test) -> Match:
        return Match(field, new, leaf.operator, leaf.span)

    if isinstance(how, RegistryStrings) and number is not None:
        return how.invert_typed(make, test, number)
    if not head:
        return how.invert(make, test)
    if isinstance(how, Prefixed) and isinstance(test, Pattern) and test.parts and ANY not in test.parts:
        return make(Pattern.of(*test.parts, how.prefix, ANY, case=test.case))
    return None
