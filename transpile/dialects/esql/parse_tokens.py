"""The tokens of ES|QL."""

from __future__ import annotations

from transpile.syntax.lexer import SKIP, Lexer

LEXER = Lexer(
    [
        (SKIP, r"\s+|//[^\r\n]*|/\*[\s\S]*?\*/"),
        ("raw", r'"""[^\r\n]*?""""?"?'),
        ("string", r'"(?:[^"\\\r\n]|\\.)*"'),
        ("number", r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?"),
        ("quoted", r"`(?:[^`]|``)*`"),
        ("parameter", r"\?\??[A-Za-z0-9_]*"),
        ("word", r"[A-Za-z_@][A-Za-z0-9_]*"),
        ("sign", r"==|!=|=~|<=|>=|::|[-<>:+*/%.,()\[\]{}|=;]"),
        ("other", r"\S"),  # as in index patterns
    ]
)
