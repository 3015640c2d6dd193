"""`SIG`: reading Sigma."""

from __future__ import annotations

from transpile.codes.code import Code, Effect
from transpile.dialects.sigma.codes_relations import *  # noqa: F403 (one table, in four files)
from transpile.dialects.sigma.codes_values import *  # noqa: F403
from transpile.dialects.sigma.codes_writing import *  # noqa: F403

# YAML
SIG001 = Code(
    "SIG001",
    Effect.UNREADABLE,
    "this is not YAML: {reason}",
    "The text breaks YAML's rules here, so nothing behind this place can be read. Documents before it are.",
)

SIG002 = Code(
    "SIG002",
    Effect.UNREADABLE,
    "the text is {size} MB; more than {limit} MB are not read",
    "A rule is a few kilobytes. The limit keeps a stray dump among the rules from holding up the others.",
    "split a large rule collection into several files",
)

SIG003 = Code(
    "SIG003",
    Effect.UNREADABLE,
    "lists and maps are nested more than {limit} deep",
    "No rule nests that deep; the limit protects against files made to crash their reader.",
)

SIG004 = Code(
    "SIG004",
    Effect.UNREADABLE,
    "the document has more than {limit} values, counting what its aliases (*name) repeat",
    "A few lines of aliases of aliases can stand for millions of values. The limit is far above any real rule.",
)

SIG005 = Code(
    "SIG005",
    Effect.UNREADABLE,
    "the alias *{name} is inside the value that it names",
    "A value that contains itself has no end, and no meaning as a rule.",
)

SIG006 = Code(
    "SIG006",
    Effect.UNREADABLE,
    "unsupported YAML tag {tag}",
    "Only YAML's own tags for text, numbers, truth values, null, lists and maps are read (`!!str` and so on).",
    "remove the tag",
)

SIG007 = Code(
    "SIG007",
    Effect.UNREADABLE,
    "a key must be a name, not a list or a map",
    "YAML lets a list or a map be a key; Sigma gives that no meaning.",
)

SIG008 = Code(
    "SIG008",
    Effect.UNREADABLE,
    "duplicate key `{key}`",
    "YAML forbids the same key twice in a map. Readers that take it anyway keep the last and silently drop the "
    "rest, which changes what the rule detects.",
    "put the values in one list, or use `|all`, or a second selection",
)

SIG009 = Code(
    "SIG009",
    Effect.NOTE,
    "duplicate key `{key}`; the last one is used",
    "YAML forbids the same key twice in a map. Here it does not change what the rule detects.",
)

# documents
SIG010 = Code(
    "SIG010",
    Effect.UNREADABLE,
    "a rule must be a map, not {found}",
    "A Sigma rule is a YAML map with keys such as `title`, `logsource` and `detection`.",
)

SIG013 = Code(
    "SIG013",
    Effect.UNREADABLE,
    "unknown action `{action}`",
    "Rule collections have the actions `global`, `reset` and `repeat`.",
    "{hint}",
)

SIG014 = Code(
    "SIG014",
    Effect.UNREADABLE,
    "the text has more than {limit} documents; the rest is not read",
    "The limit keeps a stray dump among the rules from holding up the others.",
    "split a large rule collection into several files",
)

# what every rule needs
SIG020 = Code(
    "SIG020",
    Effect.UNREADABLE,
    "the log source {problem}",
    "A rule says which logs it reads, by at least one of `category`, `product` and `service`, each a name.",
)

SIG021 = Code(
    "SIG021",
    Effect.UNREADABLE,
    "the detection {problem}",
    "`detection` is a map of named selections and their `condition`.",
)

SIG022 = Code(
    "SIG022",
    Effect.UNREADABLE,
    "the condition {problem}",
    "`condition` says in one line, or in a list of lines of which one must hold, which selections must match.",
)

SIG023 = Code(
    "SIG023",
    Effect.UNREADABLE,
    "`{name}` is empty",
    "An empty selection, or a field with an empty list, tests nothing; tools differ in what they make of it.",
    "give it a value (null if the field must have none), or remove it, also from the condition",
)

SIG024 = Code(
    "SIG024",
    Effect.UNREADABLE,
    "`{name}` holds {found} where a value belongs",
    "A field is compared with a value or a list of values.",
    "join the names of nested fields with dots: `outer.inner: value`",
)

# conditions
SIG025 = Code(
    "SIG025",
    Effect.APPROXIMATE,
    "the log source names several values for `{key}` ({values}), and is read without it",
    "Sigma gives a log source one `category`, `product` and `service`; pySigma does not read a list. The rule asks for "
    "events of any of those in the list, and is read as one on all events of the rest of the log source.",
    "write a rule for each of them",
)

SIG050 = Code(
    "SIG050",
    Effect.UNREADABLE,
    "the condition cannot be read: {reason}",
    "A condition joins names of selections with `and`, `or`, `not`, brackets, `1 of name*`, `all of name*`, "
    "`1 of them` and `all of them`.",
)

SIG051 = Code(
    "SIG051",
    Effect.UNREADABLE,
    "unknown selection `{name}` in the condition",
    "Every name in a condition must be a key of `detection`, in the same spelling.",
    "{hint}",
)

SIG052 = Code(
    "SIG052",
    Effect.UNREADABLE,
    "no selection matches `{pattern}`, so `all of {pattern}` tests nothing",
    "All of nothing would be true of every event. Names that begin with `_` count only where the pattern does so too.",
    "{hint}",
)

SIG053 = Code(
    "SIG053",
    Effect.NOTE,
    "no selection matches `{pattern}`, so `{quantifier} of {pattern}` is always false",
    "One of nothing is false, so behind `not` it filters nothing.",
)

SIG054 = Code(
    "SIG054",
    Effect.REFUSED,
    "deprecated aggregation syntax (`| {what}`) that cannot be read: {reason}",
    "Correlation rules replaced conditions with `|` (count, near ...) in Sigma 2. Those with a `timeframe` are still "
    "read, as the correlations that they are equivalent to.",
    "write a Sigma correlation rule instead",
)

SIG055 = Code(
    "SIG055",
    Effect.UNREADABLE,
    "the condition is always {truth}, whatever the event",
    "With these selections the condition does not depend on the event, so it cannot be what is meant.",
)

SIG056 = Code(
    "SIG056",
    Effect.NOTE,
    "the selection `{name}` is not used by the condition",
    "What it says has no part in the rule.",
)

SIG057 = Code(
    "SIG057",
    Effect.NOTE,
    "`{word}` is read as `{lower}`; other tools reject upper case",
    "Sigma's operators are written in small letters.",
)

# pySigma pipelines
SIG060 = Code(
    "SIG060",
    Effect.REFUSED,
    "the pipeline rejected this rule: {reason}",
    "A step of a pySigma pipeline refused the rule or failed on it.",
)

SIG061 = Code(
    "SIG061",
    Effect.REFUSED,
    "the pipeline puts {what} in the rule, which only its own backend understands",
    "Pipelines can write parts of a query in one language by hand. Such parts have no meaning that could be "
    "carried over and checked.",
)

SIG062 = Code(
    "SIG062",
    Effect.REFUSED,
    "the pipeline leaves nothing of {what}",
    "The pipeline dropped every part of it. Without it the query would match far too much.",
)

SIG063 = Code(
    "SIG063",
    Effect.REFUSED,
    "the pipeline rewrites finished queries (postprocessing), which is not done here",
    "Queries are never patched as text, because then nothing would vouch for their meaning.",
    "use a pipeline without postprocessing items",
)

SIG064 = Code(
    "SIG064",
    Effect.REFUSED,
    "the pipeline `{name}` cannot be loaded: {reason}",
    "Pipelines are named by a YAML file in pySigma's format, or by the name under which an installed pySigma "
    "package offers one.",
)

# what `check` looks for besides
SIG070 = Code(
    "SIG070",
    Effect.NOTE,
    "the rule has no title",
    "A title is mandatory. Queries and saved searches are named after it.",
)

SIG071 = Code(
    "SIG071",
    Effect.NOTE,
    "`{key}` must be {needed}, not {found}",
    "The value has another type than the specification says. What could be understood of it is kept.",
)

SIG072 = Code(
    "SIG072",
    Effect.NOTE,
    "`{value}` is not a valid {key}; expected one of {allowed}",
    "The specification has a closed list of values here. The value is left out; a rule with such a status counts as "
    "experimental, so that no deployment enables it.",
)

SIG073 = Code(
    "SIG073",
    Effect.NOTE,
    "the id `{value}` is not a UUID",
    "Rules are identified by a UUID, by which other rules and platforms refer to them.",
)

SIG074 = Code(
    "SIG074",
    Effect.NOTE,
    "`{key}`: `{value}` is not a valid date; ignored",
    "Dates are written as year-month-day: 2026-01-31.",
)

SIG075 = Code(
    "SIG075",
    Effect.NOTE,
    "the tag `{value}` has no namespace",
    "Tags have a namespace, a dot and a name in small letters: `attack.t1059.001`.",
)

SIG076 = Code(
    "SIG076",
    Effect.NOTE,
    "the title has {length} characters; more than 256 are not allowed",
    "Long titles are cut or refused by tools and platforms.",
)

SIG077 = Code(
    "SIG077",
    Effect.NOTE,
    "unknown key `{key}`; did you mean `{guess}`?",
    "Rules may have keys of their own, but this one looks like a misspelling. It is kept as a custom key.",
)

SIG078 = Code(
    "SIG078",
    Effect.NOTE,
    "the rule uses the taxonomy `{value}`; no data model maps its field names",
    "Data models map the field names of Sigma's own taxonomy.",
)

SIG079 = Code(
    "SIG079",
    Effect.NOTE,
    "the id `{value}` is also that of another rule, in {path}",
    "Platforms and other rules know a rule by its id; of two with the same one, the second replaces the first.",
    "give one of them an id of its own",
)

SIG080 = Code(
    "SIG080",
    Effect.NOTE,
    "`all` changes nothing for a single value",
    "The specification does not allow `all` with a single value; some tools refuse it.",
    "remove |all",
)

SIG081 = Code(
    "SIG081",
    Effect.NOTE,
    "`{value}` is read as text; other tools read it as {kind}",
    "Without quotes, YAML 1.1 turns some spellings into numbers, dates and truth values (0x17 is 23, 010 is 8, "
    "1.10 is 1.1, yes is true), and so do most Sigma tools. Logs hold what the author wrote, so that is what "
    "is compared.",
    "put it in quotes",
)

SIG082 = Code(
    "SIG082",
    Effect.NOTE,
    "`timeframe` has no effect without an aggregation in the condition",
    "It belonged to aggregations, which Sigma 2 replaced by correlation rules. It is not a selection.",
)

SIG083 = Code(
    "SIG083",
    Effect.NOTE,
    "the network `{value}` has host bits set; read as {network}",
    "Other tools refuse such a network.",
)

SIG084 = Code(
    "SIG084",
    Effect.NOTE,
    "the log source's {key} `{value}` is not in lower case",
    "Log sources are named in small letters, and data models look for those.",
)
