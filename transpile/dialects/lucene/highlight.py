"""Query strings in coloured pieces."""

from __future__ import annotations

from transpile.dialects.kit.highlight import highlighter

highlight = highlighter(
    (
        ("string", r'"(?:[^"\\]|\\[\s\S])*"|(?<=[:( ])/(?:[^/\\]|\\[\s\S])*/'),
        ("field", r"[^\s:()\"\\]+(?:\\.[^\s:()\"\\]*)*(?=:)"),
        ("word", r"\b(?:AND|OR|NOT|TO)\b"),
        ("number", r"\b\d+(?:\.\d+)?\b"),
        ("punctuation", r"[-+!&|:()\[\]{}*?~^]+"),
    )
)
