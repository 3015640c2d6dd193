"""transpile in pySigma: backends and a validator, which `plugins/sigma` gives the names that pySigma looks for.

`sigma convert -t transpile_kql` then takes rules as sigma-cli has read them, with its filters and pipelines, and writes
queries as `transpile convert` does. A rule that has no exact query raises pySigma's own errors, which say why.

Options of a backend (`-O name=value`): `model` (a data model; the default of the language, or none where pipelines map
the fields), `allow_approximate`, `unmapped` (`refuse` or `keep`) and `windows` (`sliding` or `buckets`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import yaml
from sigma.collection import SigmaCollection
from sigma.conversion.base import Backend
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaBackendError, SigmaConfigurationError, SigmaError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.validators.base import SigmaRuleValidator, SigmaValidationIssue, SigmaValidationIssueSeverity

from transpile import dialects
from transpile.conversion import Conversion, Options, choose_models, convert_source
from transpile.diagnostics import Severity
from transpile.lint.run import lint_text
from transpile.source import Source

AnyRule = SigmaRule | SigmaCorrelationRule
Callback = Callable[[AnyRule, str | None, int, Any, Any], Any]

_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_CHOICES = {"unmapped": ("refuse", "keep"), "windows": ("sliding", "buckets")}


class TranspileBackend(Backend):
    """A language of transpile as a backend of pySigma."""

    language: ClassVar[str]
    formats: ClassVar[dict[str, str]] = {"default": "Plain queries"}
    requires_pipeline: ClassVar[bool] = False
    correlation_methods: ClassVar[dict[str, str] | None] = {"default": "As transpile writes them"}

    def __init__(
        self,
        processing_pipeline: ProcessingPipeline | None = None,
        collect_errors: bool = False,
        **backend_options: Any,
    ) -> None:
        super().__init__(processing_pipeline, collect_errors, **backend_options)
        self._options = _options(self.language, processing_pipeline, backend_options)

    def convert(
        self,
        rule_collection: SigmaCollection,
        output_format: str | None = None,
        correlation_method: str | None = None,
        callback: Callback | None = None,
    ) -> Any:
        """The queries of all rules that raise alerts. Raises `SigmaError` for the first rule that has none.

        With `collect_errors`, such rules go to `errors` instead.
        """
        self.init_processing_pipeline(output_format)
        rule_collection.resolve_rule_references()
        queries = list(self._queries(list(rule_collection.rules), output_format, callback))
        return self.finalize(queries, output_format or self.default_format)

    def convert_rule(
        self, rule: SigmaRule, output_format: str | None = None, callback: Callback | None = None
    ) -> list[Any]:
        """The query of one rule on single events, as a list of one."""
        self.init_processing_pipeline(output_format)
        return list(self._queries([rule], output_format, callback))

    def _queries(self, rules: Sequence[AnyRule], output_format: str | None, callback: Callback | None) -> Iterator[Any]:
        for rule, conversion in zip(rules, _conversions(rules, self._options), strict=True):
            if conversion.rule is not None and conversion.rule.is_base:
                continue
            query: Any = conversion.query
            if query is None:
                error = SigmaBackendError(f"{rule.title}: {_reasons(conversion)}", source=rule.source)
                if not self.collect_errors:
                    raise error
                self.errors.append((rule, error))  # type: ignore[arg-type]
            if callback is not None:
                query = callback(rule, output_format, 0, None, query)
            if query is not None:
                yield self.last_processing_pipeline.postprocess_query(rule, query)

    # What pySigma asks of every backend, and what `convert` never comes to: conditions are converted by transpile.

    def _unused(self, *arguments: Any, **named: Any) -> Any:
        raise NotImplementedError("transpile converts whole rules")

    convert_condition_as_in_expression = _unused
    convert_condition_or = _unused
    convert_condition_and = _unused
    convert_condition_not = _unused
    convert_condition_field_eq_val_str = _unused
    convert_condition_field_eq_val_str_case_sensitive = _unused
    convert_condition_field_eq_val_num = _unused
    convert_condition_field_eq_val_bool = _unused
    convert_condition_field_eq_val_re = _unused
    convert_condition_field_eq_val_cidr = _unused
    convert_condition_field_compare_op_val = _unused
    convert_condition_field_eq_field = _unused
    convert_condition_field_eq_val_null = _unused
    convert_condition_field_exists = _unused
    convert_condition_field_not_exists = _unused
    convert_condition_field_eq_query_expr = _unused
    convert_condition_field_eq_val_timestamp_part = _unused
    convert_condition_val_str = _unused
    convert_condition_val_num = _unused
    convert_condition_val_re = _unused
    convert_condition_query_expr = _unused
    convert_correlation_event_count_rule = _unused
    convert_correlation_value_count_rule = _unused
    convert_correlation_temporal_rule = _unused
    convert_correlation_temporal_ordered_rule = _unused
    convert_correlation_extended_temporal_rule = _unused
    convert_correlation_extended_temporal_ordered_rule = _unused
    convert_correlation_value_sum_rule = _unused
    convert_correlation_value_avg_rule = _unused
    convert_correlation_value_percentile_rule = _unused
    convert_correlation_value_median_rule = _unused


def _options(language: str, pipeline: ProcessingPipeline | None, given: dict[str, Any]) -> Options:
    """The options of a conversion. Raises `SigmaConfigurationError` for one that there is not."""
    unknown = given.keys() - {"model", "allow_approximate", *_CHOICES}
    if unknown:
        raise SigmaConfigurationError(f"transpile has no option {', '.join(sorted(unknown))}")
    for name, choices in _CHOICES.items():
        if given.get(name, choices[0]) not in choices:
            raise SigmaConfigurationError(f"{name} must be one of {', '.join(choices)}")
    approximate = _TRUTHS.get(str(given.get("allow_approximate", "false")).lower())
    if approximate is None:
        raise SigmaConfigurationError("allow_approximate must be true or false")
    options = Options(
        (language,),
        models=(str(given["model"]),) if "model" in given else (),
        pipelines=_applied(pipeline),
        allow_approximate=approximate,
        unmapped=str(given.get("unmapped", "refuse")),
        windows=str(given.get("windows", "sliding")),
    )
    try:
        choose_models(options)
    except ValueError as error:
        raise SigmaConfigurationError(str(error)) from None
    return options


def _applied(pipeline: ProcessingPipeline | None) -> tuple[Any, ...]:
    """What a pipeline does to rules; without any of that, the language's own data model maps the fields.

    What it does to queries, `TranspileBackend` sees to.
    """
    if pipeline is None or not pipeline.items:
        return ()
    mapping = copy(pipeline)
    mapping.postprocessing_items, mapping.finalizers = [], []
    return (mapping,)


def _conversions(rules: Sequence[AnyRule], options: Options) -> list[Conversion]:
    """Each rule's result: they are read again, as one text, so that those that refer to others find them."""
    text = yaml.safe_dump_all([rule.to_dict() for rule in rules], sort_keys=False, allow_unicode=True)
    return convert_source(Source(text, "<pySigma>"), options)


def _reasons(conversion: Conversion) -> str:
    errors = [one for one in conversion.diagnostics if one.severity is Severity.ERROR]
    return "; ".join(f"{one.code}: {one.message}" for one in errors)


@dataclass
class TranspileIssue(SigmaValidationIssue):
    """A finding of transpile's linter."""

    description: ClassVar[str] = "Finding of transpile's linter"
    severity: ClassVar[SigmaValidationIssueSeverity] = SigmaValidationIssueSeverity.LOW
    code: str
    place: str
    message: str


@dataclass
class TranspileWarning(TranspileIssue):
    """A finding that likely changes what the rule means."""

    severity: ClassVar[SigmaValidationIssueSeverity] = SigmaValidationIssueSeverity.MEDIUM


@dataclass
class TranspileError(TranspileIssue):
    """A finding that makes the rule wrong."""

    severity: ClassVar[SigmaValidationIssueSeverity] = SigmaValidationIssueSeverity.HIGH


_ISSUES = {Severity.NOTE: TranspileIssue, Severity.WARNING: TranspileWarning, Severity.ERROR: TranspileError}


class LintValidator(SigmaRuleValidator):
    """What `transpile check` finds in a rule, by its file where there is one."""

    def validate(self, rule: AnyRule) -> list[SigmaValidationIssue]:
        """The findings on one rule."""
        super().validate(rule)
        text, path = _text_of(rule)
        own = (str(rule.id) if rule.id else None, rule.title)
        issues: list[SigmaValidationIssue] = []
        for found in lint_text(text, path):
            if (found.id, found.title) == own:
                one = found.diagnostic
                place = f"{path}:{one.span.line}:{one.span.column}" if one.span else path
                issues.append(_ISSUES[one.severity]([rule], one.code, place, one.message))
        return issues


def _text_of(rule: AnyRule) -> tuple[str, str]:
    """The text that a rule was read from, and its path; what pySigma holds where the file cannot be read."""
    if rule.source is not None:
        try:
            return rule.source.path.read_text(encoding="utf-8-sig"), str(rule.source.path)
        except (OSError, UnicodeDecodeError):
            pass
    return yaml.safe_dump(rule.to_dict(), sort_keys=False, allow_unicode=True), "<pySigma>"


def title_of(language: str) -> str:
    """What a backend is called in the list of sigma-cli."""
    return f"transpile: {dialects.load(language).title}"


__all__ = ["LintValidator", "SigmaError", "TranspileBackend", "title_of"]
