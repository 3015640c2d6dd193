"""Log sources that say more or less than one of the model's: a category with its service, or a category alone."""

from __future__ import annotations

from transpile.ir.expr import And, Match, Or
from transpile.ir.match import Field, Number
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.pipelines.model import LogKind, Model
from transpile.record import replace

AUDITED = "audit_id"  # the fact of a category that tells the number of its events in the Security log
SECURITY = "security"


def narrowed(rule: Rule, model: Model) -> Rule:
    """The rule in a log source that the model has, if its own is a category within a service of the same product.

    `{category: process_creation, product: windows, service: sysmon}` is event 1 of the service. Where the model does
    not have the service, it is the category.
    """
    words = rule.logsource
    if words in model.sources or None in (words.category, words.product, words.service):
        return rule
    category, service = replace(words, service=None), replace(words, category=None)
    numbers = _numbers(model.kinds.get(category), model.kinds.get(service), words.service == SECURITY)
    if service in model.sources and numbers:
        tests = tuple(Match(Field("EventID"), Number(int(number)), "", rule.logsource_span) for number in numbers)
        number = tests[0] if len(tests) == 1 else Or(tests)
        return rule.with_events(condition=And((number, rule.condition)), logsource=service)
    if numbers or service not in model.kinds:
        return rule.with_events(logsource=category) if category in model.sources else rule
    return rule


def _numbers(category: LogKind | None, service: LogKind | None, audited: bool) -> tuple[str, ...]:
    """The numbers that a category's events have in a service's log; none if they are not in it."""
    if category is None or service is None:
        return ()
    if audited:
        return category.facts.get(AUDITED, ())
    shared = set(category.facts.get("channel", ())) & set(service.facts.get("channel", ()))
    return category.facts.get("event_id", ()) if shared else ()


def products(words: LogSource, model: Model) -> tuple[LogSource, ...]:
    """The log sources that a category alone stands for: that of each product. Empty if it is not one alone."""
    if words in model.sources or words.category is None or words.product or words.service:
        return ()
    return tuple(one for one in model.sources if one == replace(words, product=one.product) and one.product)
