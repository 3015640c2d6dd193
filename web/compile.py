"""Runs in Pyodide while the page is built: every module of /site as code, all of it in /packages.zip.

What the page asks about languages and data models, and needs before the engine has started, goes to /known.json.
"""

import marshal
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path

UNCHECKED = (1).to_bytes(4, "little") + bytes(8)  # the code is taken without a look at the source
TAG = sys.implementation.cache_tag


def write() -> None:
    """Write the archive, the same bytes for the same sources."""
    with zipfile.ZipFile("/packages.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(Path("/site").rglob("*")):
            if not path.is_file():
                continue
            name = path.relative_to("/site").as_posix()
            content = path.read_bytes()
            if path.suffix == ".py":
                code = compile(content, name, "exec", dont_inherit=True, optimize=2)
                folder = name.rpartition("/")[0]
                put(
                    archive,
                    f"{folder}/__pycache__/{path.stem}.{TAG}.pyc".lstrip("/"),
                    MAGIC_NUMBER + UNCHECKED + marshal.dumps(code),
                )
                content = b""
            put(archive, name, content)


def put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file without the time of day."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def tell() -> None:
    """Write what the page knows of languages and data models."""
    sys.path.insert(0, "/site")
    import yaml

    yaml.CSafeLoader = yaml.SafeLoader
    from transpile.faces.playground import answer

    Path("/known.json").write_text(answer('{"ask": "known"}'), encoding="utf-8")


write()
tell()
