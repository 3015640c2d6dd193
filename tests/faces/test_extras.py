"""What faces need beside the package is optional: nothing else imports it, and a missing one is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from transpile.cli.main import main

EXTRAS = {"mcp", "pygls", "lsprotocol", "pydantic", "transpile.faces", "typer"}


def test_the_overview_imports_none_of_them() -> None:
    code = "import sys\nfrom transpile.cli.main import main\nmain(['--help'])\n"
    code += f"sys.exit(len({EXTRAS} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    ("command", "package", "module"),
    [("mcp", "mcp", "transpile.faces.agents"), ("lsp", "lsprotocol", "transpile.faces.lsp.server")],
)
def test_a_missing_package_is_named(
    command: str, package: str, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [one for one in sys.modules if one == package or one.startswith((f"{package}.", module))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert main([command]) == 3
    assert f"pip install 'transpile[{command}]'" in capsys.readouterr().err
