"""One rule through the whole path: read, map to a data model, run the passes, lower, print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from transpile import dialects
from transpile.codes import Effect
from transpile.diagnostics import Diagnostic, Report, Severity, failure
from transpile.dialects.base import Left, Library, Reading, ReadOptions, Result, RuleOrigin
from transpile.dialects.needs import Need, fit, needs_of
from transpile.ir.passes import run_passes, simplify
from transpile.ir.rule import Rule
from transpile.pipelines.profile import NO_PROFILE, Profile
from transpile.record import record, replace
from transpile.selection import ALL, Selection
from transpile.source import Source

if TYPE_CHECKING:
    from transpile.pipelines.apply import Applied
    from transpile.pipelines.model import ModelPlace

AUTO = "auto"  # read each file by its format
NO_MODEL = "none"  # the data model that maps nothing: fields keep the rule's names

Values = Mapping[str, Sequence[str | int]]
Trace = tuple[tuple[str, str, "ModelPlace"], ...]  # what, what it became, and the line of the data model that says so


class Status(StrEnum):
    """How a rule came out in one language."""

    EXACT = "exact"  # the query means the rule
    APPROXIMATE = "approximate"  # wider or narrower than the rule, by the user's leave
    REFUSED = "refused"  # the language or the data model cannot say it
    ERROR = "error"  # the rule could not be read, or the tool failed


@record
class Options:
    """What to make of rules: the languages to write and how. The same for every rule of a run.

    - `models`: data models by name, each for the language it belongs to (`none` for all); a language that none
      of them serves takes its own default, or `none` where pySigma `pipelines` do the mapping.
    - `source_model`: the data model by which the fields of a query language become Sigma's; `auto` for the best of
      those that the language has, `none` to keep the names.
    - `values`: what `expand` puts in the place of `%name%`.
    - `macros`, `lookups`: what searches of Splunk refer to.
    - `unmapped`: `refuse` a field that the data model does not know, or `keep` its name.
    - `filters`: paths of files with filters for the rules, besides those among the rules.
    - `strict_evidence`: refuse what a data model only assumes.
    - `windows`: `sliding` time windows, which mean the rule, or fixed `buckets`, which are cheaper and narrower.
    - `profile`: what the team has of the data that rules need; nothing said means all of it.
    - `selection`: which of the rules are converted at all.
    - `beside`: paths of files that are read for what rules of other files refer to, and not converted themselves.
    - `library`: the texts of the run that rules of other texts refer to (`batch.with_library`).
    """

    targets: tuple[str, ...]
    read: str = "auto"
    models: tuple[str, ...] = ()
    source_model: str = "auto"
    pipelines: tuple[str, ...] = ()
    allow_approximate: bool = False
    unmapped: str = "refuse"
    values: Values | None = None
    macros: Mapping[str, str] | None = None
    lookups: Mapping[str, Sequence[Mapping[str, str]]] | None = None
    filters: tuple[str, ...] = ()
    library: Library | None = None
    profile: Profile = NO_PROFILE
    strict_evidence: bool = False
    windows: str = "sliding"
    selection: Selection = ALL
    beside: tuple[str, ...] = ()


@record
class Conversion:
    """One rule in one language: the query, or why there is none.

    `result` names the columns of the query's rows that tell an alert of a rule on several events. `rule` is the rule as
    read, `applied` what the data model made of it, `mapped` the rule after the passes, `tree` the query's native tree.
    They are None where the rule did not get that far, and in results that crossed processes. `number` counts the
    rules of a file; `origin` and `left` say where one is from and what of its text it lacks, `needs` its data.
    """

    path: str
    id: str | None
    title: str | None
    target: str
    model: str
    status: Status
    query: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    result: Result | None = None
    origin: RuleOrigin | None = None
    left: tuple[Left, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()  # kinds and names (`pipelines.needs`)
    number: int = 1
    rule: Rule | None = None
    applied: Applied | None = None
    mapped: Rule | None = None
    tree: Any = None

    @property
    def trace(self) -> Trace:
        """What each line of the data model did to the rule."""
        return self.applied.steps if self.applied else ()

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready values: the object that `--format ndjson` writes on a line."""
        found: dict[str, Any] = {
            "path": self.path,
            "id": self.id,
            "title": self.title,
            "target": self.target,
            "model": self.model,
            "status": self.status.value,
            "query": self.query,
            "diagnostics": [diagnostic.to_dict() for diagnostic in self.diagnostics],
        }
        if self.result is not None:
            found["result"] = self.result.to_dict()
        if self.origin is not None:
            found["read"] = {**self.origin._asdict(), "left": [one.to_dict() for one in self.left]}
        return found

    def __reduce__(self) -> tuple[type[Conversion], tuple[Any, ...]]:
        """What another process gets, by position: all but the rules, the mapping and the tree."""
        return Conversion, tuple(getattr(self, name) for name in type(self).__match_args__[:-4])


def convert(text: str, *, write: str = "kql", **options: Any) -> Conversion:
    """The first rule of a text in one language; takes the options of `convert_all`.

    Raises what `choose_models` raises, and `ValueError` where the text holds no rule at all.

    >>> rule = '''
    ... title: Whoami
    ... logsource: {product: windows, category: process_creation}
    ... detection:
    ...   selection: {Image|endswith: '\\\\whoami.exe'}
    ...   condition: selection
    ... '''
    >>> convert(rule, write="eql", model="none").query
    'any where Image : "*\\\\\\\\whoami.exe"'
    """
    found = convert_all(text, write=write, **options)
    if not found:
        raise ValueError("the text holds no rule")
    return found[0]


def convert_all(
    text: str,
    *,
    read: str = "auto",
    write: str | Iterable[str] = "kql",
    model: str | Sequence[str] | None = None,
    source_model: str = "auto",
    pipelines: Sequence[str] = (),
    allow_approximate: bool = False,
    unmapped: str = "refuse",
    windows: str = "sliding",
    values: Values | None = None,
    path: str = "<text>",
) -> list[Conversion]:
    """Every rule of a text in each language asked for: rule by rule, languages in the order given.

    `path` names the text in the results; `Options` says what the rest means. A rule that cannot be converted is
    a result like any other, with its diagnostics. Raises what `choose_models` raises.
    """
    models = (model,) if isinstance(model, str) else tuple(model or ())
    targets = (write,) if isinstance(write, str) else tuple(write)
    options = Options(
        targets,
        read=read,
        models=models,
        source_model=source_model,
        pipelines=tuple(pipelines),
        allow_approximate=allow_approximate,
        unmapped=unmapped,
        windows=windows,
        values=values,
    )
    return convert_source(Source(text, path), options)


def convert_source(source: Source, options: Options) -> list[Conversion]:
    """`convert_all` for a source, with the options as one value: read once, mapped once for each data model."""
    models = choose_models(options)
    try:
        readings = read_source_rules(source, options)
    except Exception as error:
        readings = [Reading(None, (failure(error),))]
    return [conversion for reading in readings for conversion in _convert(reading, source, models, options)]


def convert_reading(reading: Reading, source: Source, options: Options) -> list[Conversion]:
    """One rule that is already read, in each language asked for."""
    return list(_convert(reading, source, choose_models(options), options))


def nothing_read(path: str, options: Options, diagnostic: Diagnostic) -> list[Conversion]:
    """The results for a file that never came to be read, with the reason: one for each language."""
    return convert_reading(Reading(None, (diagnostic,)), Source("", path), options)


def choose_models(options: Options) -> dict[str, str]:
    """The data model for each language asked for.

    Raises `KeyError` for a language that there is not, `ValueError` for a data model that there is not or that
    serves none of the languages.
    """
    if options.read != AUTO and dialects.load(options.read).name not in dialects.readers():
        raise KeyError(f"cannot read {options.read!r}; expected one of {', '.join(dialects.readers())}")
    default = NO_MODEL if options.pipelines else None
    chosen = {target: default or dialects.load(target).default_model for target in options.targets}
    for name in options.models:
        served = options.targets if name == NO_MODEL else _served(name, options.targets)
        chosen.update(dict.fromkeys(served, name))
    return chosen


def _served(model: str, targets: tuple[str, ...]) -> list[str]:
    """Those of `targets` that a data model is for."""
    from transpile.pipelines.load import load

    meant = load(model).target or targets
    if served := [target for target in targets if target in meant]:
        return served
    raise ValueError(f"data model {model!r} is for {', '.join(meant)}, not for {', '.join(targets)}")


def read_source_rules(source: Source, options: Options) -> list[Reading]:
    """The rules of a source, read as the options say."""
    from transpile.formats.reading import read_rules

    given = ReadOptions(
        options.values or {}, options.pipelines, options.macros or {}, options.lookups or {}, library=options.library
    )
    found = enumerate(read_rules(source, options.read, given), start=1)
    taken = [replace(one, number=at) for at, one in found if options.selection.takes(one.rule, source.path, one.id)]
    return [_restored(reading, options) for reading in taken]


def _restored(reading: Reading, options: Options) -> Reading:
    """A rule of a query language in Sigma's names, unless the names are to stay."""
    rule, origin = reading.rule, reading.origin
    if rule is None or origin is None or keeps_names(options):
        return reading
    from transpile.pipelines import backward, load
    from transpile.restoring import is_all_read, restore

    named = options.source_model != AUTO
    models = (load.load(options.source_model),) if named else backward.models_for(origin.language)
    report = Report()
    restored = restore(rule, dialects.load(origin.language), models, report)
    if is_all_read(reading.left, restored.made):
        kept = tuple(one for one in reading.diagnostics if one.effect is not Effect.APPROXIMATE)
        reading = replace(reading, diagnostics=kept, left=())
    return replace(reading, rule=restored.rule, diagnostics=(*reading.diagnostics, *report.diagnostics))


def keeps_names(options: Options) -> bool:
    """Whether rules of query languages keep their platform's names.

    By default they do where the user wants no data model either, and the names would be Sigma's in another language.
    """
    if options.source_model != AUTO:
        return options.source_model == NO_MODEL
    mapped = (dialects.load(target).default_model != NO_MODEL for target in options.targets)
    return options.models == (NO_MODEL,) and all(mapped)


@record
class _Mapped:
    """A rule after its data model: with the diagnostics of that, and None for the rule if they refuse it."""

    rule: Rule | None
    applied: Applied | None
    diagnostics: tuple[Diagnostic, ...]
    needs: tuple[Need, ...] = ()


def _convert(reading: Reading, source: Source, models: Mapping[str, str], options: Options) -> Iterable[Conversion]:
    """One rule in each language asked for."""
    rule = reading.rule
    if rule is not None:
        from transpile.pipelines.dead import findings

        if dead := dict.fromkeys(findings(rule, {one.span for one in reading.diagnostics})):
            reading = replace(reading, diagnostics=(*reading.diagnostics, *dead))
    simple = simplify(rule) if rule is not None and len(models) > 1 else None  # for all data models, once
    mapped: dict[str, _Mapped] = {}
    for target, model in models.items():
        if rule is not None and model not in mapped:
            mapped[model] = _map(rule, simple, model, options)
        yield _write(reading, source, target, model, mapped.get(model), options)


def _map(rule: Rule, simple: Rule | None, model: str, options: Options) -> _Mapped:
    """The rule, which simplified is `simple`, in a data model's names, after every pass."""
    report = Report()
    applied: Applied | None = None
    try:
        if model != NO_MODEL:
            from transpile.pipelines import load, streams

            known = load.load_for(model, options.profile)
            applied = streams.apply_rule(rule, known, report, unmapped=options.unmapped, simple=simple)
            rule = applied.rule
        diagnostics = tuple(map(_unproven, report.diagnostics) if options.strict_evidence else report.diagnostics)
        if _refused(diagnostics, options) or any(one.severity is Severity.ERROR for one in diagnostics):
            return _Mapped(None, applied, diagnostics)
        rule = run_passes(rule)
        return _Mapped(rule, applied, diagnostics, needs_of(rule))
    except Exception as error:
        return _Mapped(None, applied, (*report.diagnostics, failure(error)))


def _write(
    reading: Reading, source: Source, target: str, model: str, mapped: _Mapped | None, options: Options
) -> Conversion:
    """The mapped rule in one language."""
    diagnostics = reading.diagnostics + (mapped.diagnostics if mapped else ())
    rule = mapped.rule if mapped else None
    tree = query = result = None
    left_out: tuple[Left, ...] = ()
    if rule is not None and not _refused(reading.diagnostics, options):
        report = Report(windows=options.windows)
        try:
            dialect = dialects.load(target)
            assert mapped is not None and dialect.lower is not None
            rule, left_out = fit(rule, mapped.needs, dialect, report, source)
            if not _refused(report.diagnostics, options):
                tree = dialect.lower(rule, report)
                if not _refused(report.diagnostics, options):
                    query = dialect.print(tree)
                    result = dialect.result(rule) if dialect.result and not rule.is_single else None
            diagnostics += tuple(report.diagnostics)
        except Exception as error:
            query = None
            diagnostics += (*report.diagnostics, failure(error))
    diagnostics = tuple(dict.fromkeys(diagnostics))  # one value may stand for several tests
    status = _status(query, diagnostics)
    if status is Status.REFUSED:
        diagnostics = tuple(one.withheld for one in diagnostics)
    return Conversion(
        path=source.path,
        id=reading.id,
        title=reading.title,
        target=target,
        model=model,
        status=status,
        query=query,
        diagnostics=diagnostics,
        result=result if query is not None else None,
        origin=reading.origin,
        left=reading.left + left_out,
        needs=mapped.applied.needs if mapped and mapped.applied and query is not None else (),
        number=reading.number,
        rule=reading.rule,
        applied=mapped.applied if mapped else None,
        mapped=rule,
        tree=tree if query is not None else None,
    )


def _refused(diagnostics: Sequence[Diagnostic], options: Options) -> bool:
    """Whether there must be no query: something cannot be expressed, or not exactly and the user wants nothing less."""
    effects = {one.effect for one in diagnostics}
    return Effect.REFUSED in effects or (Effect.APPROXIMATE in effects and not options.allow_approximate)


def _status(query: str | None, diagnostics: Iterable[Diagnostic]) -> Status:
    effects = {one.effect for one in diagnostics}
    if query is not None:
        return Status.APPROXIMATE if Effect.APPROXIMATE in effects else Status.EXACT
    return Status.ERROR if effects & {Effect.UNREADABLE, Effect.FAILED} else Status.REFUSED


def _unproven(diagnostic: Diagnostic) -> Diagnostic:
    """An assumption of a data model, which a user does not take: an error."""
    from transpile.pipelines.codes import MAP010

    if diagnostic.kind is not MAP010:
        return diagnostic
    return diagnostic._replace(severity=Severity.ERROR, hint="leave --strict-evidence out to have it as it is assumed")


def withhold(conversion: Conversion) -> Conversion:
    """The conversion without an approximate query: as it is for a user who allows none."""
    if conversion.status is not Status.APPROXIMATE:
        return conversion
    said = tuple(one.withheld for one in conversion.diagnostics)
    return replace(conversion, status=Status.REFUSED, query=None, result=None, tree=None, needs=(), diagnostics=said)
