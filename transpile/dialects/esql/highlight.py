"""ES|QL in coloured pieces."""

from __future__ import annotations

from transpile.dialects.kit.highlight import highlighter

highlight = highlighter(
    (
        ("comment", r"//[^\n]*|/\*[\s\S]*?\*/"),
        ("string", r'"""[^\r\n]*?"""|"(?:[^"\\\r\n]|\\.)*"'),
        ("number", r"\b\d+(?:\.\d+)?\b"),
        ("field", r"`(?:[^`]|``)*`"),
        (
            "word",
            r"\b(?:from|metadata|where|eval|stats|inline|by|keep|drop|rename|sort|limit|mv_expand|dissect|grok|enrich|and"
            r"|or|not|in|like|rlike|is|null|true|false|as|asc|desc|nulls|first|last|on|with)\b",
        ),
        ("function", r"\b[A-Za-z_]\w*(?=\()"),
        ("punctuation", r"[-=<>!~{}()\[\],:.+*/%|]+"),
    )
)
