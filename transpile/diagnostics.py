"""Everything the tool can say about a rule: one table of stable codes, and diagnostics as values.

A code's first letters name the room it comes from: `SIG` reading Sigma, `MAP` data models, `SPL`, `KQL`, `EQL`,
`YAR` the dialects, `RUN` running and verifying, `DEP` deploy files, `IO` files. An approximation's code ends in `W`
when the query is wider than the rule (it may match more) and in `N` when it is narrower (it may miss).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from transpile.source import Span


class Severity(StrEnum):
    """How bad it is: an error means no query, a warning an approximate one, a note changes nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Effect(StrEnum):
    """What a finding does to the query."""

    UNREADABLE = "unreadable"  # the rule itself could not be read
    REFUSED = "refused"  # no query: the language or the data model cannot say it
    APPROXIMATE = "approximate"  # a query that is wider or narrower, on request only
    NOTE = "note"  # the query is exact; worth knowing
    FAILED = "failed"  # the tool or the machine broke off; nothing is said about the rule


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table: what is said each time, with `{names}` filled in, and the longer explanation."""

    effect: Effect
    message: str
    explanation: str
    hint: str = ""


class Diagnostic(NamedTuple):
    """One finding about one rule: `code` is a key of `CODES`, with `W` or `N` behind it for an approximation."""

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values; line and column count from 1, null where there is no place."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "hint": self.hint or None,
        }


_SEVERITY = {
    Effect.UNREADABLE: Severity.ERROR,
    Effect.REFUSED: Severity.ERROR,
    Effect.APPROXIMATE: Severity.WARNING,
    Effect.NOTE: Severity.NOTE,
    Effect.FAILED: Severity.ERROR,
}


def diagnose(code: str, span: Span | None = None, *, wider: bool = True, **facts: Any) -> Diagnostic:
    """The diagnostic for a code of the table, its message filled with `facts`.

    `wider` is read for approximations only. Raises `KeyError` for a code or a fact that the table does not know.
    """
    row = CODES[code]
    message = row.message.format_map(facts)
    if row.effect is Effect.APPROXIMATE:
        code += "W" if wider else "N"
        message += f" (the query is {'wider' if wider else 'narrower'} than the rule)"
    return Diagnostic(code, _SEVERITY[row.effect], message, span, row.hint.format_map(facts))


@dataclass(slots=True)
class Report:
    """Collects what one lowering finds. It lives as long as that lowering and is never shared.

    `negated` says whether the part being lowered stands under an odd number of NOTs, so that a predicate that
    is widened there is reported as narrowing the query.
    """

    allow_approximate: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)
    negated: bool = False

    def refuse(self, code: str, span: Span | None = None, **facts: Any) -> None:
        """Say that the language cannot express this part; the rule gets no query."""
        self.diagnostics.append(diagnose(code, span, **facts))

    def approximate(self, code: str, span: Span | None = None, *, wider: bool, **facts: Any) -> None:
        """Say that this predicate is `wider` (or narrower) than the rule's; given only by the user's leave."""
        self.diagnostics.append(diagnose(code, span, wider=wider != self.negated, **facts))

    def note(self, code: str, span: Span | None = None, **facts: Any) -> None:
        """Say something worth knowing about an exact query."""
        self.diagnostics.append(diagnose(code, span, **facts))


def find_code(code: str) -> Code | None:
    """The table's row for a code, its `W` or `N` ignored; None if there is none."""
    return CODES.get(code) or CODES.get(code.rstrip("WN"))


# One room's codes stand together, in numeric order. A number, once published, keeps its meaning for ever.
CODES: Mapping[str, Code] = MappingProxyType(
    {
        # --- IO: files
        "IO001": Code(
            Effect.FAILED,
            "transpile itself failed on this rule: {error}: {reason} (at {place})",
            "An error in transpile that nothing foresaw. The rule may be sound, and other rules are not touched by it.",
            "please report it with the rule",
        ),
        "IO002": Code(
            Effect.FAILED,
            "the file cannot be read: {reason}",
            "The operating system would not hand out the file's content.",
        ),
        "IO003": Code(
            Effect.UNREADABLE,
            "the file is not text: {reason}",
            "Rules are UTF-8 text; UTF-16 is read too where the file begins with its byte order mark.",
        ),
        "IO004": Code(
            Effect.FAILED,
            "gave up after {seconds} seconds",
            "Converting the file took longer than the time limit, and the process that did it was stopped. The other "
            "files of the run are not touched by it.",
            "a longer time limit can be given with --timeout",
        ),
        "IO005": Code(
            Effect.FAILED,
            "the process that converted this file died ({reason})",
            "The operating system ended the process, most often because memory ran out. The other files of the run are "
            "not touched by it.",
        ),
        "IO006": Code(
            Effect.FAILED,
            "the query cannot be written: {reason}",
            "The file for the query lies outside of the output folder (behind a symbolic link), or the operating "
            "system would not have it written.",
        ),
        # --- SIG: reading Sigma
        # YAML
        "SIG001": Code(
            Effect.UNREADABLE,
            "this is not YAML: {reason}",
            "The text breaks YAML's rules here, so nothing behind this place can be read. Documents before it are.",
        ),
        "SIG002": Code(
            Effect.UNREADABLE,
            "the text is {size} MB; more than {limit} MB are not read",
            "A rule is a few kilobytes. The limit keeps a stray dump among the rules from holding up the others.",
            "split a large rule collection into several files",
        ),
        "SIG003": Code(
            Effect.UNREADABLE,
            "lists and maps stand more than {limit} deep in each other",
            "No rule nests that deep; the limit protects against files made to crash their reader.",
        ),
        "SIG004": Code(
            Effect.UNREADABLE,
            "the document has more than {limit} values, counting what its aliases (*name) repeat",
            "A few lines of aliases of aliases can stand for millions of values. The limit is far above any real rule.",
        ),
        "SIG005": Code(
            Effect.UNREADABLE,
            "*{name} stands inside of what it names",
            "A value that contains itself has no end, and no meaning as a rule.",
        ),
        "SIG006": Code(
            Effect.UNREADABLE,
            "the YAML tag {tag} has no meaning in a rule",
            "Only YAML's own tags for text, numbers, truth values, null, lists and maps are read (`!!str` and so on).",
            "remove the tag",
        ),
        "SIG007": Code(
            Effect.UNREADABLE,
            "a key must be a name, not a list or a map",
            "YAML lets a list or a map be a key; Sigma gives that no meaning.",
        ),
        "SIG008": Code(
            Effect.UNREADABLE,
            "the key `{key}` is there twice",
            "YAML forbids the same key twice in a map. Readers that take it anyway keep the last and silently drop the "
            "rest, which changes what the rule detects.",
            "put the values in one list, or use `|all`, or a second selection",
        ),
        "SIG009": Code(
            Effect.NOTE,
            "the key `{key}` is there twice; the last one counts",
            "YAML forbids the same key twice in a map. Here it does not change what the rule detects.",
        ),
        # documents
        "SIG010": Code(
            Effect.UNREADABLE,
            "this is no rule: a rule is a map, and this is {found}",
            "A Sigma rule is a YAML map with keys such as `title`, `logsource` and `detection`.",
        ),
        "SIG011": Code(
            Effect.REFUSED,
            "a correlation rule, which is not converted yet",
            "Correlations join the events of several rules. The rules that it names are converted on their own.",
        ),
        "SIG012": Code(
            Effect.REFUSED,
            "a filter rule, which is not converted yet",
            "Filters add conditions to other rules. Those rules are converted without it.",
        ),
        "SIG013": Code(
            Effect.UNREADABLE,
            "`action: {action}` is not known",
            "Rule collections know the actions `global`, `reset` and `repeat`.",
        ),
        "SIG014": Code(
            Effect.UNREADABLE,
            "the text has more than {limit} documents; the rest is not read",
            "The limit keeps a stray dump among the rules from holding up the others.",
            "split a large rule collection into several files",
        ),
        # what every rule needs
        "SIG020": Code(
            Effect.UNREADABLE,
            "the log source {problem}",
            "A rule says which logs it reads, by at least one of `category`, `product` and `service`, each a name.",
        ),
        "SIG021": Code(
            Effect.UNREADABLE,
            "the detection {problem}",
            "`detection` is a map of named selections and their `condition`.",
        ),
        "SIG022": Code(
            Effect.UNREADABLE,
            "the condition {problem}",
            "`condition` says in one line, or in a list of lines of which one must hold, which selections must match.",
        ),
        "SIG023": Code(
            Effect.UNREADABLE,
            "`{name}` is empty",
            "An empty selection, or a field with an empty list, asks for nothing; tools differ in what they make of "
            "it.",
            "write null if the field must have no value, or remove it",
        ),
        "SIG024": Code(
            Effect.UNREADABLE,
            "`{name}` holds {found} where a value belongs",
            "A field is compared with a value or a list of values.",
            "join the names of nested fields with dots: `outer.inner: value`",
        ),
        # modifiers and values
        "SIG030": Code(
            Effect.UNREADABLE,
            "there is no modifier `{modifier}`",
            "Behind a field's name stand modifiers from the Sigma specification, separated by `|`.",
            "{hint}",
        ),
        "SIG031": Code(
            Effect.UNREADABLE,
            "`{modifier}` needs {needed}, not `{value}`",
            "The modifier works on one kind of value only.",
        ),
        "SIG032": Code(
            Effect.UNREADABLE,
            "`{modifiers}` does not work here: {reason}",
            "Modifiers are applied from left to right, and each must fit what the one before it made of the value.",
        ),
        "SIG033": Code(
            Effect.UNREADABLE,
            "the regular expression cannot be read: {reason}",
            "Sigma's regular expressions are PCRE's, and this one breaks its rules or uses a part that is not "
            "supported (recursion, conditions, control verbs).",
        ),
        "SIG034": Code(
            Effect.UNREADABLE,
            "this is no network: {reason}",
            "`cidr` takes an IPv4 or IPv6 network such as `10.0.0.0/8` or `fe80::/10`.",
        ),
        "SIG035": Code(
            Effect.REFUSED,
            "`{modifiers}` turns the value into bytes that are no text",
            "Fields hold text. Bytes are looked for in their Base64 form.",
            "add base64 or base64offset behind it",
        ),
        "SIG036": Code(
            Effect.REFUSED,
            "`windash` would make more than {limit} values of these",
            "Each dash that may begin an option is tried in five forms, so every further dash makes five times as many "
            "values.",
            "split the value into a list with |all, an option each",
        ),
        "SIG037": Code(
            Effect.UNREADABLE,
            "a keyword cannot be {found}",
            "A keyword is text or a number that is looked for in the whole event. An empty one is in every event.",
        ),
        "SIG038": Code(
            Effect.REFUSED,
            "`{modifiers}` without a field has no clear meaning",
            "A keyword is looked for anywhere in the event, so it has no beginning or end to be compared with, and no "
            "value for other modifiers to work on.",
            "name the field, or leave the modifier out",
        ),
        "SIG039": Code(
            Effect.REFUSED,
            "nothing is given for the placeholder %{name}%",
            "`expand` puts values of your environment in the place of %names%. Without them the rule has no meaning.",
            "give the values in a YAML file (--values), or use a pipeline that replaces placeholders",
        ),
        "SIG040": Code(
            Effect.REFUSED,
            "`{modifiers}` leaves no finite list of {unit}s",
            "An ordering of a part of a timestamp is written as the list of its values, which for years has no end.",
        ),
        "SIG041": Code(
            Effect.REFUSED,
            "the values given for its placeholders make more than {limit} values of this one",
            "Several placeholders in one value are replaced by every combination of what is given for them.",
            "give fewer values, or none and leave the lookup to a pipeline",
        ),
        # conditions
        "SIG050": Code(
            Effect.UNREADABLE,
            "the condition cannot be read: {reason}",
            "A condition joins names of selections with `and`, `or`, `not`, brackets, `1 of name*`, `all of name*`, "
            "`1 of them` and `all of them`.",
        ),
        "SIG051": Code(
            Effect.UNREADABLE,
            "the condition names `{name}`, and there is no such selection",
            "Every name in a condition must be a key of `detection`, in the same spelling.",
            "{hint}",
        ),
        "SIG052": Code(
            Effect.UNREADABLE,
            "no selection is named like `{pattern}`, so `all of {pattern}` asks for nothing",
            "All of nothing would be true of every event. Names that begin with `_` count only where the pattern does "
            "so too.",
            "{hint}",
        ),
        "SIG053": Code(
            Effect.NOTE,
            "no selection is named like `{pattern}`, so `{quantifier} of {pattern}` never holds",
            "One of nothing is false, so behind `not` it filters nothing.",
        ),
        "SIG054": Code(
            Effect.REFUSED,
            "the condition counts or relates events (`| {what}`), in a form that Sigma has given up",
            "Conditions with `|` (count, near ...) were replaced by correlation rules in Sigma 2.",
            "write the part before `|` as a rule and the rest as a correlation",
        ),
        "SIG055": Code(
            Effect.UNREADABLE,
            "the condition {always} holds, whatever the event",
            "With these selections the condition does not depend on the event, so it cannot be what is meant.",
        ),
        "SIG056": Code(
            Effect.NOTE,
            "the selection `{name}` is not used by the condition",
            "What it says has no part in the rule.",
        ),
        "SIG057": Code(
            Effect.NOTE,
            "`{word}` in capitals is read as `{lower}`; other tools refuse it",
            "Sigma's operators are written in small letters.",
        ),
        # pySigma pipelines
        "SIG060": Code(
            Effect.REFUSED,
            "the pipeline does not take this rule: {reason}",
            "A step of a pySigma pipeline refused the rule or failed on it.",
        ),
        "SIG061": Code(
            Effect.REFUSED,
            "the pipeline puts {what} in the rule, which only its own backend understands",
            "Pipelines can write parts of a query in one language by hand. Such parts have no meaning that could be "
            "carried over and checked.",
        ),
        "SIG062": Code(
            Effect.REFUSED,
            "the pipeline leaves nothing of {what}",
            "The pipeline dropped every part of it. Without it the query would match far too much.",
        ),
        "SIG063": Code(
            Effect.REFUSED,
            "the pipeline rewrites finished queries (postprocessing), which is not done here",
            "Queries are never patched as text, because then nothing would vouch for their meaning.",
            "use a pipeline without postprocessing items",
        ),
        "SIG064": Code(
            Effect.REFUSED,
            "the pipeline `{name}` cannot be loaded: {reason}",
            "Pipelines are named by a YAML file in pySigma's format, or by the name under which an installed pySigma "
            "package offers one.",
        ),
        # what `check` looks for besides
        "SIG070": Code(
            Effect.NOTE,
            "the rule has no title",
            "A title is mandatory. Queries and saved searches are named after it.",
        ),
        "SIG071": Code(
            Effect.NOTE,
            "`{key}` must be {needed}, not {found}",
            "The value has another type than the specification says. What could be understood of it is kept.",
        ),
        "SIG072": Code(
            Effect.NOTE,
            "`{value}` is no {key}; it is one of {allowed}",
            "The specification has a closed list of values here. The value is left out.",
        ),
        "SIG073": Code(
            Effect.NOTE,
            "the id `{value}` is no UUID",
            "Rules are identified by a UUID, by which other rules and platforms refer to them.",
        ),
        "SIG074": Code(
            Effect.NOTE,
            "`{key}` is `{value}`, which is no date; it is left out",
            "Dates are written as year-month-day: 2026-01-31.",
        ),
        "SIG075": Code(
            Effect.NOTE,
            "the tag `{value}` has no namespace",
            "Tags have a namespace, a dot and a name in small letters: `attack.t1059.001`.",
        ),
        "SIG076": Code(
            Effect.NOTE,
            "the title has {length} characters; more than 256 are not allowed",
            "Long titles are cut or refused by tools and platforms.",
        ),
        "SIG077": Code(
            Effect.NOTE,
            "`{key}` is not a known key; did you mean `{guess}`?",
            "Rules may have keys of their own, but this one looks like a misspelling. It is kept as a custom key.",
        ),
        "SIG078": Code(
            Effect.NOTE,
            "the rule uses the taxonomy `{value}`, whose field names no data model here knows",
            "Data models map the field names of Sigma's own taxonomy.",
        ),
        "SIG079": Code(
            Effect.NOTE,
            "the id `{value}` is also that of another rule, in {path}",
            "Platforms and other rules know a rule by its id; of two with the same one, the second replaces the first.",
            "give one of them an id of its own",
        ),
        "SIG080": Code(
            Effect.NOTE,
            "`all` changes nothing for a single value",
            "The specification does not allow `all` with a single value; some tools refuse it.",
            "remove |all",
        ),
        "SIG081": Code(
            Effect.NOTE,
            "`{value}` is taken as this text; other tools read it as {kind}",
            "Without quotes, YAML 1.1 turns some spellings into numbers, dates and truth values (0x17 is 23, 010 is 8, "
            "1.10 is 1.1, yes is true), and so do most Sigma tools. Logs hold what the author wrote, so that is what "
            "is compared.",
            "put it in quotes",
        ),
        "SIG082": Code(
            Effect.NOTE,
            "`timeframe` has no meaning without a condition that counts",
            "It belonged to aggregations, which Sigma 2 replaced by correlation rules. It is not a selection.",
        ),
        "SIG083": Code(
            Effect.NOTE,
            "the network `{value}` has bits set behind its length; it is read as {network}",
            "Other tools refuse such a network.",
        ),
        "SIG084": Code(
            Effect.NOTE,
            "the log source's {key} `{value}` is not in small letters",
            "Log sources are named in small letters, and data models look for those.",
        ),
        # --- MAP: data models
        "MAP001": Code(
            Effect.REFUSED,
            "the data model {model} has no place for the log source {logsource}{near}",
            "The model does not say where the platform keeps these logs. Choose another model, extend this one in a "
            "file "
            "of your own (`include: [{{model}}]`), or keep the names as they are with `--unmapped keep`.",
        ),
        "MAP002": Code(
            Effect.REFUSED,
            "the data model {model} knows no field {field!r} in {source}{near}",
            "The log source has no such field, or the platform has no place for it. Correct the name, extend the "
            "model in "
            "a file of your own, or keep the name as it is with `--unmapped keep`.",
        ),
        "MAP003": Code(
            Effect.REFUSED,
            "the data model {model} has no place for {field}: {reason}",
            "The platform does not record this. Another model of the same platform may (`transpile models coverage`).",
        ),
        "MAP004": Code(
            Effect.REFUSED,
            "the data model {model} cannot say this test of {field}: {why}",
            "The platform keeps the field in another shape (a path in two columns, hashes one by one, other "
            "spellings), and "
            "this test cannot be carried over to that shape without changing what it matches.",
        ),
        "MAP005": Code(
            Effect.REFUSED,
            "{field} is kept as {type} in {column}, which never equals {value!r}",
            "The platform's column is a number or a truth value and can never hold this value.",
        ),
        "MAP006": Code(
            Effect.REFUSED,
            "{field} takes none but these values in the data model {model}: {known}; not {value!r}",
            "The platform keeps a closed list of values here, and the rule's value has no counterpart in it.",
        ),
        "MAP007": Code(
            Effect.APPROXIMATE,
            "the data model {model} keeps {field} only roughly: {loss}",
            "The nearest field of the platform differs from the rule's, as the message says.",
        ),
        "MAP008": Code(
            Effect.NOTE,
            "the data model {model} has no place for the log source {logsource}; the rule keeps its own names",
            "With `--unmapped keep` a rule whose log source the model does not know is written without one.",
        ),
        "MAP009": Code(
            Effect.NOTE,
            "the data model {model} knows no field {field!r} in {source}; the name is kept{near}",
            "With `--unmapped keep` a field that the model does not know keeps the rule's name.",
        ),
        "MAP010": Code(
            Effect.NOTE,
            "the data model {model} assumes that {field} is kept in {column}: {why}",
            "The platform's documentation does not say where this field is kept. Look at one of your events, and "
            "correct the "
            "model in a file of your own if it is elsewhere.",
        ),
        # --- SPL
        "SPL001": Code(
            Effect.REFUSED,
            "Splunk cannot run this regex: {reason}",
            "Splunk's regexes are PCRE's. This one is not valid there, or uses something that is not supported here.",
        ),
        "SPL002": Code(
            Effect.REFUSED,
            "SPL cannot tell the {unit} of a timestamp exactly",
            "`strptime` and `strftime` read and write times in the time zone of the user who runs the search, and in "
            "one "
            "given format, so the part they give is not always the rule's, which is of UTC.",
            "filter on `date_hour` and its like in the deployed search, or schedule the search",
        ),
        "SPL003": Code(
            Effect.REFUSED,
            "the field name {field!r} cannot be written in SPL",
            "Splunk documents no way to write a name with a single quote, a backslash or a control character in "
            "`where`.",
            "map the field to one with a plain name",
        ),
        "SPL004": Code(
            Effect.REFUSED,
            "SPL cannot compare {field!r} with {other!r}",
            "Two fields are compared in `where`, which is not documented to compare fields with several values, and "
            "cannot "
            "write a name with a single quote, a backslash or a control character.",
        ),
        "SPL005": Code(
            Effect.REFUSED,
            "a keyword regex that speaks of the start or the end of a value",
            "Keywords are looked for in the raw text of an event, where Splunk does not know one value from the next.",
            "name the field, or leave the anchors out",
        ),
        "SPL006": Code(
            Effect.NOTE,
            "the keyword {keyword!r} is looked for as it stands in the raw text",
            "Splunk looks for keywords in the raw text of an event (`_raw`), not in its values. Where that is JSON or "
            "XML, "
            "quotes, backslashes, `<`, `>`, `&` and characters beyond ASCII may be spelled differently in it, and the "
            "keyword is then not found.",
            "name the field that holds the text",
        ),
        "SPL007": Code(
            Effect.REFUSED,
            "a keyword, in a search of the data model {dataset}",
            "`tstats` searches a data model's fields; the raw text of the events is not among them.",
            "use a data model for Splunk that searches events, such as windows-xml, or name the field",
        ),
        "SPL008": Code(
            Effect.APPROXIMATE,
            "to Splunk a field {field!r} that is null does not exist",
            "Sigma's `exists` holds for a field that is there but null. Splunk has no such field: NULL is the absence "
            "of a "
            "value, and `field=*` finds the fields that have one.",
            "ask for a value (`field: '*'`), which SPL says exactly",
        ),
        # --- KQL
        "KQL001": Code(
            Effect.REFUSED,
            "Kusto cannot run this regex: {reason}",
            "Kusto's regular expressions are those of Rust: no lookaround, no backreferences, no possessive or atomic "
            "groups, at most 16 capturing groups.",
            "say the same with `contains`, `startswith`, `endswith` or without lookaround",
        ),
        "KQL002": Code(
            Effect.APPROXIMATE,
            "a Kusto column cannot tell {field} without a value from a missing one",
            "String columns hold no null: a missing value is the empty string. A test for an empty value, or a regex "
            "that "
            "matches one, is therefore met by rows without a value too; a test that the field is present is said as "
            "`isnotempty`, which a value that is present but empty fails.",
        ),
        "KQL003": Code(
            Effect.REFUSED,
            "the {type} column {field} cannot be compared like this",
            "The data model says that the column holds truth values or timestamps. Their text in Kusto is not that of "
            "the "
            "original event, so patterns, regexes and orderings of numbers have no exact meaning there.",
        ),
        "KQL004": Code(
            Effect.REFUSED,
            "no predicate of Kusto's says this of some member of the list in {field}",
            "Members of a dynamic array can be compared with strings and patterns within `where`. A regex, a network, "
            "an "
            "ordering or another field would need the rows to be expanded first (`mv-apply`).",
        ),
        "KQL005": Code(
            Effect.APPROXIMATE,
            "a Kusto string column cannot tell an empty {other} from a missing one, so two empty values do not match",
            "A field reference holds between two values that are present. As a missing value is an empty string in "
            "Kusto, "
            "rows in which the other field is empty are left out, though one empty string equals another.",
        ),
        # --- EQL
        "EQL001": Code(
            Effect.REFUSED,
            "EQL cannot look for {keyword!r} in every field",
            "A condition in EQL names the field that it reads; there is no search over a whole event.",
            "name the field that holds the text",
        ),
        "EQL002": Code(
            Effect.REFUSED,
            "EQL cannot run this regex: {reason}",
            "Elasticsearch's regular expressions are Lucene's and match a whole value: there is no lookaround, no "
            "backreference, no possessive repeat and no atomic group, and anchors are written out, which cannot be "
            "done everywhere in a regex.",
            "say the same with `contains`, `startswith`, `endswith` or several tests",
        ),
        "EQL003": Code(
            Effect.REFUSED,
            "EQL takes no part of the time in {field}",
            "EQL has no function that reads the hour, day or year of a date.",
        ),
        "EQL004": Code(
            Effect.REFUSED,
            "{field} holds {type} values in Elasticsearch: {test} cannot be asked of them",
            "Elasticsearch rejects or misreads a comparison with a literal that is not of the field's type: text with "
            "a number, a truth value or an address, an ordering with text, a regex with anything but text.",
        ),
        "EQL005": Code(
            Effect.REFUSED,
            "{field} is a flattened field, which EQL cannot read",
            "EQL supports no fields of the type `flattened`, nor the keys in them.",
        ),
        "EQL006": Code(
            Effect.APPROXIMATE,
            "Elasticsearch cannot tell whether {field} is present but null",
            "Elasticsearch indexes no null and no empty list, so a field that is present without a value counts as "
            "missing. `!= null` asks for a value.",
        ),
        "EQL007": Code(
            Effect.NOTE,
            "{field} has to be of type ip in the mapping: the rule looks for networks in it",
            "cidrMatch takes fields of the type `ip` only; Elasticsearch rejects the query if the field is text.",
        ),
        "EQL008": Code(
            Effect.REFUSED,
            "the field name {field!r} cannot be written in EQL",
            "A name with odd characters stands between backquotes, where nothing can be escaped, so that a control "
            "character would stand in the query as it is.",
            "map the field to one with a plain name",
        ),
        # --- YAR
        "YAR001": Code(
            Effect.REFUSED,
            "YARA-L cannot look for {keyword} in every field",
            "A YARA-L predicate names the field that it reads; there is no search over a whole event in a rule.",
            "name the field that holds the text",
        ),
        "YAR002": Code(
            Effect.APPROXIMATE,
            "YARA-L cannot tell an empty {field} from a missing one",
            "A field that is not set reads as the empty string, so a test that the empty string passes holds for "
            "events without the field too.",
            "add a test that the value is not empty, if that is what the rule means",
        ),
        "YAR003": Code(
            Effect.APPROXIMATE,
            "YARA-L cannot tell an empty {field} from a missing one; only values that are not empty count as present",
            'A field that is not set reads as the empty string, so presence is asked for as `!= ""`, which an empty '
            "value does not pass.",
        ),
        "YAR004": Code(
            Effect.APPROXIMATE,
            "YARA-L cannot tell {field} being {value} from its being missing",
            "A number or truth value that is not set reads as 0 or false.",
        ),
        "YAR005": Code(
            Effect.REFUSED,
            "YARA-L's regular expressions are RE2's: {reason}",
            "RE2 has no lookaround, no backreferences, no possessive or atomic groups and no repeat above 1000.",
            "rewrite the regular expression without it, or as several tests",
        ),
        "YAR006": Code(
            Effect.REFUSED,
            "{field} takes one of a list of names, which YARA-L compares whole: {test} cannot be asked of it",
            "Enumerated UDM fields are compared with `=` to the names that they can have; YARA-L rejects regular "
            "expressions and `nocase` on them.",
        ),
        "YAR007": Code(
            Effect.REFUSED,
            "{field} is a {type} field: {test} cannot be asked of it",
            "UDM fields have one type, and YARA-L rejects a comparison with a literal of another.",
        ),
        "YAR008": Code(
            Effect.REFUSED,
            "YARA-L cannot compare {field} with {other}: {reason}",
            "Two fields of an event can be compared if both hold one string each.",
        ),
        "YAR009": Code(
            Effect.REFUSED,
            "YARA-L takes no part of the time in {field}, which is no timestamp of UDM",
            "YARA-L's timestamp functions read seconds since 1970, which only the data model's timestamps are.",
            "choose a data model that maps the field to a timestamp",
        ),
        "YAR010": Code(
            Effect.REFUSED,
            "the rule matches {events}, which is no predicate of YARA-L",
            "The events section needs a predicate on the event's fields.",
        ),
        "YAR011": Code(
            Effect.REFUSED,
            "{field} is no name that YARA-L can write",
            'A UDM field is written as a path of identifiers, `["key"]` at its end for a map; a map\'s key holds no '
            "control characters.",
        ),
        "YAR012": Code(
            Effect.REFUSED,
            "YARA-L cannot compare {field}, which holds text, with {value}",
            "Numbers in text are compared through cast.as_float, which keeps seven digits and gives 0 for text that is "
            "no number; a comparison that this could falsify is refused.",
        ),
        # --- RUN: running and verifying
        "RUN001": Code(
            Effect.REFUSED,
            "the query was run and does not mean the rule: {reason}",
            "With `--verify` each query is run on events made from its rule, and one that disagrees with the rule on "
            "any "
            "of them is not written. `transpile verify` shows the event. This is a mistake of transpile's, not the "
            "rule's.",
            "please report it with the rule",
        ),
        "RUN002": Code(
            Effect.NOTE,
            "the query could not be proven: {reason}",
            "With `--verify` each query is run on events made from its rule. Nothing was found against this one, but "
            "something kept it from being put to the full test, such as behaviour that the language does not document.",
        ),
        # --- DEP: deploy files
        "DEP001": Code(
            Effect.REFUSED,
            "the query has {length} characters; {platform} takes {limit}",
            "The platform refuses rules whose query is longer than its limit.",
            "split the rule into several, each with a part of the values",
        ),
        "DEP002": Code(
            Effect.REFUSED,
            "{table} has no column that a custom detection can raise an alert on",
            "A custom detection's query must return Timestamp, ReportId and what identifies a device, user or mailbox; "
            "the table that the rule reads has none of them.",
            "deploy the rule to Microsoft Sentinel instead",
        ),
        "DEP003": Code(
            Effect.REFUSED,
            "the query does not survive being written to a .conf file",
            "A value in the query holds a line break or another character that Splunk's .conf format cannot say.",
            "write the value as a regular expression, with \\n for the line break",
        ),
    }
)
