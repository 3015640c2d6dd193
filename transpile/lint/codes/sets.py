"""`LNT170` to `LNT199`: rules among others, and their files."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT170 = lint(
    "LNT170",
    "duplicate-title",
    "warning",
    "the title is also that of the rule in {path}",
    "Alerts and saved searches are named after the title; of two with one name, one replaces the other on "
    "some platforms.",
)

LNT171 = lint(
    "LNT171",
    "duplicate-file-name",
    "note",
    "{path} has the same file name",
    "Queries and deploy files are named after the rule's file, and one may replace the other.",
)

LNT172 = lint(
    "LNT172",
    "duplicate-meaning",
    "warning",
    "the rule in {path} detects exactly the same",
    "Log source and condition have the same meaning, however they are written. Every event gives two alerts.",
    "remove one, or set one to deprecated",
)

LNT173 = lint(
    "LNT173",
    "duplicate-name",
    "warning",
    "the name `{name}` is also that of the rule in {path}",
    "Correlations refer to rules by name, and would not know which is meant.",
)

LNT174 = lint(
    "LNT174",
    "file-name-length",
    "note",
    "the file name has {length} characters; {least} to {most} are advised",
    "Short names say too little, and long ones are cut by tools.",
    on=False,
)

LNT175 = lint(
    "LNT175",
    "file-name-form",
    "note",
    "the file name is not in the form of SigmaHQ",
    "SigmaHQ's file names are lower-case letters, digits and `_`, with at least one `_`, and end in .yml.",
    on=False,
)

LNT176 = lint(
    "LNT176",
    "file-name-prefix",
    "note",
    "file names of rules for {logsource} begin with `{prefix}`",
    "SigmaHQ's file names begin with the log source, so that a folder is sorted by it.",
    on=False,
)

LNT177 = lint(
    "LNT177",
    "correlation-file-name",
    "note",
    "the file name of a correlation begins with `correlation_`",
    "A convention of SigmaHQ.",
    on=False,
)

LNT190 = lint(
    "LNT190",
    "ignore-comment",
    "warning",
    "`{word}` is neither a code nor a name of a lint rule",
    "A comment `# transpile: ignore CODE` silences the codes that it names, on its line or the next.",
    "{hint}",
)
