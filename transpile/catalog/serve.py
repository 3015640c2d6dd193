"""The catalog over HTTP: the command line's JSON, read-only, for this machine alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from transpile.catalog import pages, queries
from transpile.catalog.database import CatalogError, open_catalog

HOST = "127.0.0.1"
LONGEST = 2_000  # characters of a question

ANSWERS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "technique": pages.technique_page,
    "rule": pages.rule_page,
    "field": queries.field_page,
    "value": queries.value_page,
    "event": queries.event_page,
    "search": queries.search,
}


def make_server(db: Path, port: int) -> ThreadingHTTPServer:
    """A server that answers `/technique/T1021.002`, `/search/words` and the like. Raises `OSError`."""

    class Handler(BaseHTTPRequestHandler):
        """Answers one request; every request has a connection of its own, opened for reading."""

        def do_GET(self) -> None:
            """Answer a question, or say what can be asked."""
            if self.headers.get("Host", "").partition(":")[0].lower() not in (HOST, "localhost"):
                self._send(403, {"error": "only requests to this machine's own name are answered"})
                return
            parts = urlsplit(self.path)
            name, _, rest = parts.path.strip("/").partition("/")
            question = unquote(rest) or parse_qs(parts.query).get("q", [""])[0]
            self._send(*answer(db, name, question))

        def _send(self, status: int, content: Mapping[str, Any]) -> None:
            raw = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    return ThreadingHTTPServer((HOST, port), Handler)


def answer(db: Path, name: str, question: str) -> tuple[int, dict[str, Any]]:
    """The status and the content of an answer."""
    if len(question) > LONGEST:
        return 414, {"error": f"a question may have {LONGEST} characters"}
    try:
        catalog = open_catalog(db)
    except (FileNotFoundError, CatalogError) as error:
        return 503, {"error": str(error)}
    try:
        if name in ("", "stats"):
            return 200, {
                **queries.stats(catalog),
                "paths": [f"/{one}/" for one in ANSWERS],
            } if not name else queries.stats(catalog)
        if name not in ANSWERS:
            return 404, {"error": f"unknown question {name!r}; expected one of {', '.join(ANSWERS)}, stats"}
        return 200, ANSWERS[name](catalog, question)
    except pages.UnknownError as error:
        return 404, {"error": str(error)}
    except sqlite3.Error as error:
        return 503, {"error": f"the catalog cannot be read: {error}"}
    finally:
        catalog.close()


def serve(db: Path, port: int) -> None:
    """Serve until interrupted."""
    server = make_server(db, port)
    print(f"http://{HOST}:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
