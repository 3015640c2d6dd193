"""`IO`: files."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

IO001 = Code(
    "IO001",
    Effect.FAILED,
    "transpile itself failed on this rule: {error}: {reason} (at {place})",
    "An error in transpile that nothing foresaw. The rule may be sound, and other rules are not touched by it.",
    "please report it with the rule",
)

IO002 = Code(
    "IO002",
    Effect.FAILED,
    "the file cannot be read: {reason}",
    "The operating system would not hand out the file's content.",
)

IO003 = Code(
    "IO003",
    Effect.UNREADABLE,
    "the file is not text: {reason}",
    "Rules are UTF-8 text; UTF-16 is read too where the file begins with its byte order mark.",
)

IO004 = Code(
    "IO004",
    Effect.FAILED,
    "gave up after {seconds} seconds",
    "Converting the file took longer than the time limit, and the process that did it was stopped. The other "
    "files of the run are not touched by it.",
    "a longer time limit can be given with --timeout",
)

IO005 = Code(
    "IO005",
    Effect.FAILED,
    "the process that converted this file died ({reason})",
    "The operating system ended the process, most often because memory ran out. The other files of the run are "
    "not touched by it.",
)

IO006 = Code(
    "IO006",
    Effect.FAILED,
    "the query cannot be written: {reason}",
    "The file for the query lies outside of the output folder (behind a symbolic link), it is a file that the same "
    "run reads, such as the rule itself, or the operating system would not have it written.",
)

IO007 = Code(
    "IO007",
    Effect.UNREADABLE,
    "the file has {size:,} bytes; more than {limit:,} are not read",
    "A rule is a few kilobytes. The limit keeps a stray dump among the rules from holding up the others.",
    "split a large rule collection into several files",
)
