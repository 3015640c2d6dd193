"""Runs in Pyodide while the page is built: every module of /site and of Python's library as code.

/packages.bin has the files of /site: the length of an index, the index (names and sizes), the contents. What the page
asks about languages and data models, and needs before the engine has started, goes to /known.json.
"""

import json
import marshal
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

SITE = Path("/site")
UNCHECKED = (1).to_bytes(4, "little") + bytes(8)  # the code is taken without a look at the source


def compiled(name: str, source: bytes) -> bytes:
    """A module's code without its docstrings, as Python keeps it."""
    return MAGIC_NUMBER + UNCHECKED + marshal.dumps(compile(source, name, "exec", dont_inherit=True, optimize=2))


def library() -> None:
    """Write Python's own library, the same bytes for the same sources."""
    with (
        zipfile.ZipFile("/library.zip") as sources,
        zipfile.ZipFile("/compiled.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name in sources.namelist():
            content = sources.read(name)
            if name.endswith(".py"):
                name, content = f"{name}c", compiled(name, content)
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def packages() -> None:
    """Write the packages and the project, the same bytes for the same sources."""
    found = dict(contents())
    index = json.dumps([(name, len(content)) for name, content in found.items()]).encode()
    Path("/packages.bin").write_bytes(len(index).to_bytes(4, "little") + index + b"".join(found.values()))


def contents() -> Iterator[tuple[str, bytes]]:
    """Names and contents of the packages' files, with data models and modules compiled."""
    from transpile.dev.__main__ import compile_models

    compile_models()
    for path in sorted(SITE.rglob("*")):
        name = path.relative_to(SITE).as_posix()
        if not path.is_file() or name.startswith("transpile/dev/"):
            continue
        if path.suffix == ".py":
            yield f"{name}c", compiled(name, path.read_bytes())
        else:
            yield name, path.read_bytes()


def tell() -> None:
    """Write what the page knows of languages and data models."""
    from transpile.faces.playground import answer

    Path("/known.json").write_text(answer('{"ask": "known"}'), encoding="utf-8")


sys.path.insert(0, str(SITE))
import yaml  # noqa: E402

yaml.CSafeLoader = yaml.SafeLoader
library()
packages()
tell()
