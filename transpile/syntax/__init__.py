"""Lexing, parsing and printing that the dialects share."""
