"""Links to the playground with a rule opened: the rule itself, compressed, behind the `#` that browsers do not send."""

from __future__ import annotations

import base64
import json
import zlib

from transpile import dialects

LONGEST = 9_000  # characters of a rule; browsers and chat programs cut longer links
_RAW = -15  # deflate without a header, as browsers' CompressionStream writes it


def link(playground: str, text: str, language: str) -> str | None:
    """The address at which a playground opens a rule; None where it reads no such language, or the rule is too long.

    The form is that of the page's own links (web/src/share.ts).

    >>> link("https://example.org/play/", "title: x", "sigma")
    'https://example.org/play/#r=q1YqSa0oUbJSKsksyUm1UqhQ0lEqSk1MAYoUZ6bnJirVAgA'
    """
    if language not in dialects.readers() or len(text) > LONGEST:
        return None
    state = json.dumps({"text": text, "read": language}, ensure_ascii=False, separators=(",", ":"))
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    packed = packer.compress(state.encode("utf-8", "surrogatepass")) + packer.flush()
    return f"{playground}#r={base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def checked(address: str) -> str:
    """The address of a playground, `/` at its end. Raises `ValueError` for what is neither a web page nor a path."""
    scheme, colon, _ = address.partition(":")
    if "#" in address or not address.strip() or (colon and scheme.lower() not in ("http", "https", "file")):
        raise ValueError(f"{address!r} is not the address of a playground; expected https://... or a path")
    return address if address.endswith(("/", ".html")) else f"{address}/"
