"""What editors ask while a rule is written: findings, completion, hover, outline, references, fixes.

Functions take texts and places and give values; how an editor shows them is the face's. Lines and columns count from 1,
in characters, as in `Span`.
"""
