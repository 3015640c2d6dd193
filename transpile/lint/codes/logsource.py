"""`LNT080` to `LNT099`: log sources and fields."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT080 = lint(
    "LNT080",
    "logsource-key",
    "warning",
    "a log source has no key `{key}`",
    "A log source is named by category, product and service; `definition` explains it. Other keys are ignored.",
    "{hint}",
)

LNT081 = lint(
    "LNT081",
    "unknown-logsource",
    "note",
    "the log source ({value}) is not one that data models know",
    "Rules for an unknown log source need a data model of your own. A known one is often one word away.",
    "{hint}",
)

LNT082 = lint(
    "LNT082",
    "specific-logsource",
    "note",
    "event {event} of {service} is the category `{category}`",
    "Categories stand for what happens, whichever tool logs it. Rules for them work with other data too.",
    "use `category: {category}` and leave the EventID out",
)

LNT083 = lint(
    "LNT083",
    "sysmon-without-eventid",
    "note",
    "the rule reads every event of Sysmon",
    "Events of Sysmon differ in their fields. Without an EventID or a category the rule searches all of them.",
    "use the category of the event, or add its EventID",
)

LNT084 = lint(
    "LNT084",
    "redundant-eventid",
    "note",
    "the category `{category}` already says which EventID is meant",
    "The category means the events of every tool that logs them; an EventID ties the rule to one tool.",
    "leave it out",
)

LNT085 = lint(
    "LNT085",
    "redundant-provider",
    "note",
    "the category `{category}` already says which {field} is meant",
    "The category means the events of every tool that logs them; a channel ties the rule to one.",
    "leave it out",
)

LNT086 = lint(
    "LNT086",
    "unknown-field",
    "note",
    "events of {logsource} have no field `{field}`",
    "The field is not among those that the provider documents for these events, so it is most often misspelt.",
    "{hint}",
)

LNT087 = lint(
    "LNT087",
    "field-case",
    "note",
    "the field is spelt `{right}`, not `{field}`",
    "Several platforms tell field names apart by case, so the query would find nothing there.",
    "write `{right}`",
)

LNT088 = lint(
    "LNT088",
    "space-in-field",
    "note",
    "the field name `{field}` has a space in it",
    "Field names with spaces need quoting in every query language. Windows event fields have none.",
)

LNT089 = lint(
    "LNT089",
    "localised-user",
    "note",
    "`{value}` is the account's name in some languages only",
    "Windows translates the names of its own accounts: NT AUTHORITY is AUTORITE NT or NT-AUTORITÄT elsewhere.",
    "match the parts that all languages share (AUTHORI and AUTORI), or use the SID",
)

LNT090 = lint(
    "LNT090",
    "hash-form",
    "warning",
    "`{value}` is not a hash as Sysmon writes it",
    "Sysmon writes a type and a value: `MD5=` and 32 hexadecimal digits, `SHA1=` and 40, `SHA256=` and 64, "
    "`IMPHASH=` and 32.",
    "{hint}",
)

LNT091 = lint(
    "LNT091",
    "spaced-logsource",
    "warning",
    "the {key} `{value}` has spaces or unusual characters",
    "The words of a log source are lower-case letters, digits, `_`, `-` and `.`; data models look for those.",
)

LNT092 = lint(
    "LNT092",
    "eventid-of-other-category",
    "warning",
    "events of the category `{category}` have the EventID {events}, not {event}",
    "The category means certain events, and this EventID is not among them, so the rule finds nothing "
    "where the category is mapped to them.",
    "use the service in place of the category",
)
