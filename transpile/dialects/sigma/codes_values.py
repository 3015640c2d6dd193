"""`SIG`: modifiers and values of Sigma."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

SIG030 = Code(
    "SIG030",
    Effect.UNREADABLE,
    "unknown modifier `{modifier}`",
    "A field's name may be followed by modifiers from the Sigma specification, separated by `|`.",
    "{hint}",
)

SIG031 = Code(
    "SIG031",
    Effect.UNREADABLE,
    "`{modifier}` needs {needed}, not `{value}`",
    "The modifier works on one kind of value only.",
)

SIG032 = Code(
    "SIG032",
    Effect.UNREADABLE,
    "`{modifiers}` does not work here: {reason}",
    "Modifiers are applied from left to right, and each must fit what the one before it made of the value.",
)

SIG033 = Code(
    "SIG033",
    Effect.UNREADABLE,
    "the regular expression cannot be read: {reason}",
    "Sigma's regular expressions are PCRE's, and this one breaks its rules or uses a part that is not "
    "supported (recursion, conditions, control verbs).",
)

SIG034 = Code(
    "SIG034",
    Effect.UNREADABLE,
    "not a valid network: {reason}",
    "`cidr` takes an IPv4 or IPv6 network such as `10.0.0.0/8` or `fe80::/10`.",
)

SIG035 = Code(
    "SIG035",
    Effect.REFUSED,
    "`{modifiers}` turns the value into bytes that are not text",
    "Fields hold text. Bytes are looked for in their Base64 form.",
    "add base64 or base64offset after it",
)

SIG036 = Code(
    "SIG036",
    Effect.REFUSED,
    "`windash` would make more than {limit} values of these",
    "Each dash that may begin an option is tried in five forms, so every further dash makes five times as many values.",
    "split the value into a list with |all, an option each",
)

SIG037 = Code(
    "SIG037",
    Effect.UNREADABLE,
    "a keyword cannot be {found}",
    "A keyword is text or a number that is looked for in the whole event. An empty one is in every event.",
)

SIG038 = Code(
    "SIG038",
    Effect.REFUSED,
    "`{modifiers}` without a field has no clear meaning",
    "A keyword is looked for anywhere in the event, so it has no beginning or end to be compared with, and no "
    "value for other modifiers to work on.",
    "name the field, or leave the modifier out",
)

SIG039 = Code(
    "SIG039",
    Effect.REFUSED,
    "no value for placeholder `%{name}%`; pass --values FILE",
    "`expand` puts values of your environment in the place of %names%. Without them the rule has no meaning.",
    "give the values in a YAML file, or use a pipeline that replaces placeholders",
)

SIG040 = Code(
    "SIG040",
    Effect.REFUSED,
    "`{modifiers}` leaves no finite list of {unit}s",
    "An ordering of a part of a timestamp is written as the list of its values, which for years has no end.",
)

SIG041 = Code(
    "SIG041",
    Effect.REFUSED,
    "the values given for its placeholders make more than {limit} values of this one",
    "Several placeholders in one value are replaced by every combination of what is given for them.",
    "give fewer values, or none and leave the lookup to a pipeline",
)
