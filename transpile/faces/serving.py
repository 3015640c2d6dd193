"""The playground's files on this machine alone, compressed as a host would serve them."""

from __future__ import annotations

import gzip
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
MARK = "playground.json"  # what every built playground holds
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
}
_PACKED = frozenset((".zip",))  # compressed already


class NotBuiltError(ValueError):
    """The folder holds no playground; the message says how to build one."""


def make_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a built playground. Raises `NotBuiltError`, and `OSError` for a port that is taken."""
    if not (folder / MARK).is_file():
        raise NotBuiltError(f"{folder} holds no playground; build one with: python web/build.py -o {folder}")
    root = folder.resolve()

    class Handler(BaseHTTPRequestHandler):
        """Answers one request with a file of the folder."""

        def do_GET(self) -> None:
            """Send the file that the path names."""
            if self.headers.get("Host", "").partition(":")[0] not in (HOST, "localhost"):
                self.send_error(403, "only requests to this machine's own name are answered")
                return
            name = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
            place = (root / name).resolve()
            if not place.is_relative_to(root) or not place.is_file():
                self.send_error(404)
                return
            packs = "gzip" in self.headers.get("Accept-Encoding", "") and place.suffix not in _PACKED
            content = _packed(place, place.stat().st_mtime_ns) if packs else place.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", TYPES.get(place.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-cache")
            self.send_header("X-Content-Type-Options", "nosniff")
            if packs:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    return ThreadingHTTPServer((HOST, port), Handler)


@lru_cache(maxsize=32)
def _packed(place: Path, changed: int) -> bytes:
    return gzip.compress(place.read_bytes(), 6)


def serve(folder: Path, port: int) -> None:
    """Serve until interrupted."""
    server = make_server(folder, port)
    print(f"http://{HOST}:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
