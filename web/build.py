"""Builds the playground: a folder of static files that works from any host and below any path.

python web/build.py -o DIR

Fetches what the page carries (npm packages by `package-lock.json`, Python packages by the hashes in
`requirements*.txt`), bundles the page's scripts, compiles the Python sources for Pyodide, and lists every file for the
service worker. Needs Node.js 20 and pip. Nothing that is fetched is kept in the repository.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PURE = ("--python-version", "3.14", "--abi", "cp314", "--platform", "manylinux_2_17_x86_64")
PACKAGES = {"requirements.txt": (), "requirements-pure.txt": PURE}
# Of the project, what the page never asks for.
LEFT_OUT = (
    "transpile/cli/",
    "transpile/catalog/",
    "transpile/faces/lsp/",
    "transpile/faces/agents.py",
)
LEFT_OUT_TEMPLATES = ("transpile/templates/catalog/", "transpile/templates/migration/")
# Of the packages, what pySigma's rules do not import.
NOT_NEEDED = re.compile(
    r"\.dist-info/|\.md$|\.pyi$|py\.typed$|\.so$|\.c$|\.h$|\.pyx$|/tests?/|^sigma/(analyze|backends|cli|conversion|data|pipelines|validat)"
)
# Of Python's own library, what no module here imports.
STDLIB_LEFT_OUT = re.compile(
    r"^(_pyrepl|antigravity|cProfile|concurrent/interpreters|curses|dbm|doctest|ensurepip|ftplib|idlelib|imaplib|lib2to3"
    r"|mailbox|optparse|pdb|poplib|profile|pstats|pydoc|pydoc_data|smtplib|sqlite3|this|tkinter|trace|turtle|turtledemo"
    r"|venv|wave|webbrowser|wsgiref|xmlrpc|zipapp)(\.pyc?$|/)"
)


def main() -> None:
    """Build, by the command line."""
    options = argparse.ArgumentParser(description="Build the playground as static files.")
    options.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files")
    build(options.parse_args().output.resolve())


def build(output: Path) -> None:
    """Write the page and everything it needs to a folder, which is emptied first if it is one of ours."""
    if output.exists() and any(output.iterdir()) and not (output / "playground.json").exists():
        sys.exit(f"{output} is not empty and holds no playground")
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    run("npm", "run", "--silent", "check")
    runtime = output / "python"
    runtime.mkdir()
    for name in PYODIDE:
        shutil.copy(HERE / "node_modules" / "pyodide" / name, runtime / name)
    trim(runtime / "python_stdlib.zip")
    lock = json.loads((runtime / "pyodide-lock.json").read_text(encoding="utf-8"))
    (runtime / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        gather(site, Path(folder))
        run("node", str(HERE / "compile.mjs"), str(site), str(runtime), str(output / "known.json"))
    bundle(output, digest(runtime.iterdir()))
    shutil.copytree(HERE / "static", output, dirs_exist_ok=True)
    (output / "examples.json").write_text(json.dumps(examples(), ensure_ascii=False), encoding="utf-8")
    finish(output)


def run(*command: str) -> None:
    """Run a command in the page's folder; a failure ends the build."""
    subprocess.run(command, cwd=HERE, check=True)


def bundle(output: Path, runtime: str) -> None:
    """The page's scripts: of the page, its worker (which is told what Python it runs) and its service worker."""
    for name, form in (("main", "esm"), ("worker", "esm"), ("service", "iife")):
        run(
            "npx",
            "esbuild",
            f"src/{name}.ts",
            "--bundle",
            "--minify",
            f"--format={form}",
            "--target=es2022",
            "--external:./python/*",
            f'--define:RUNTIME="{runtime}"',
            f"--outfile={output / name}.js",
            "--log-level=warning",
        )


def trim(library: Path) -> None:
    """Python's own library without what no module here imports."""
    with zipfile.ZipFile(library) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if not STDLIB_LEFT_OUT.match(name)}
    with zipfile.ZipFile(library, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in kept.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def gather(site: Path, work: Path) -> None:
    """The Python sources that the page carries: packages by hash, and the project."""
    for name, platform in PACKAGES.items():
        wheels = work / name
        where = ("--only-binary", ":all:", "--no-deps", "--require-hashes", "--dest", str(wheels))
        run(sys.executable, "-m", "pip", "download", "-qq", *where, *platform, "-r", str(HERE / name))
        for wheel in sorted(wheels.glob("*.whl")):
            unpack(wheel, site)
    for path in sorted((PROJECT / "transpile").rglob("*")):
        relative = path.relative_to(PROJECT).as_posix()
        if path.is_file() and "__pycache__" not in relative and not relative.startswith(LEFT_OUT):
            put(site / relative, path.read_bytes())
    put(site / "transpile/record.py", (HERE / "record.py").read_bytes())
    for path in sorted((PROJECT / "templates").rglob("*")):
        relative = f"transpile/templates/{path.relative_to(PROJECT / 'templates').as_posix()}"
        if path.is_file() and not relative.startswith(LEFT_OUT_TEMPLATES):
            put(site / relative, path.read_bytes())


def unpack(wheel: Path, site: Path) -> None:
    """A wheel's modules that are written in Python."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not NOT_NEEDED.search(name):
                put(site / name, archive.read(name))


def put(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def digest(files: Iterable[Path]) -> str:
    """A name for what is in the files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


def examples() -> list[dict[str, str]]:
    """The project's own rules, and one file in each other language, by title."""
    found = []
    for path in sorted((PROJECT / "rules").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        title = re.search(r"^title: (.+)$", text, re.MULTILINE)
        if title and not path.name.endswith(".tests.yml"):
            group = path.relative_to(PROJECT / "rules").parts[0]
            found.append({"title": title[1].strip("'\""), "group": group, "read": "sigma", "text": text})
    for path in sorted((HERE / "examples").glob("*")):
        title, _, text = path.read_text(encoding="utf-8").partition("\n")
        found.append({"title": title, "group": "other languages", "read": path.suffix[1:], "text": text})
    return found


def finish(output: Path) -> None:
    """The list of files that the service worker keeps, named by what is in them, and the sizes."""
    files = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    kept = [name for name in files if name != "service.js"]
    version = digest(output / name for name in kept)
    service = output / "service.js"
    text = service.read_text(encoding="utf-8")
    listed = json.dumps({"version": version, "files": kept})
    service.write_text(f"self.KEPT={listed};\n{text}", encoding="utf-8")
    sizes = {name: (output / name).stat().st_size for name in files}
    packed = sum(len(gzip.compress((output / name).read_bytes(), 9)) for name in files)
    (output / "playground.json").write_text(json.dumps({"version": version, "files": sizes}), encoding="utf-8")
    print(f"{output}: {len(files)} files, {sum(sizes.values()):,} bytes, {packed:,} compressed")


if __name__ == "__main__":
    main()
