"""`FMT`: files that hold rules."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

FMT001 = Code(
    "FMT001",
    Effect.UNREADABLE,
    "this file is not valid {format}: {reason}",
    "The file looks like one of a known format, but cannot be read as such.",
    "check the file with the tool that made it",
)

FMT002 = Code(
    "FMT002",
    Effect.APPROXIMATE,
    "the rule's type asks more than its query does: {what}",
    "Some rule types have a condition beside their query: the first appearance of a value (new terms), or a match with "
    "threat intelligence. It has no equivalent in other languages, so the rule made from the query alone is wider.",
    "allow approximate queries, and add the condition on the platform by hand",
)

FMT003 = Code(
    "FMT003",
    Effect.UNREADABLE,
    "the format of this file is not known",
    "Files are recognised by their extension and their content: Sigma, Elastic TOML and NDJSON, Splunk detections and "
    "savedsearches.conf, Sentinel YAML and ARM, Defender JSON, YARA-L, Markdown with Kusto, and bare queries.",
    "name the language with --from",
)

FMT004 = Code(
    "FMT004",
    Effect.UNREADABLE,
    "{language} cannot be read yet",
    "The file was recognised, but its language has no reader.",
)

FMT005 = Code(
    "FMT005",
    Effect.APPROXIMATE,
    "the events of one run of the rule, {seconds} seconds, are counted together; read as any interval of this length",
    "The rule counts whatever its run looks at. When it runs is a matter of its schedule, so the rule read from "
    "it looks at every interval of the same length, which holds the runs and more.",
    "allow approximate queries",
)
