"""The Python API: one rule in every language, and what to do with what comes back.

python examples/python_api.py
"""

from __future__ import annotations

from pathlib import Path

import transpile

RULES = Path(__file__).parent.parent / "rules"


def main() -> None:
    """Show one rule in every language, then where a whole folder stands."""
    text = (RULES / "windows/security/security_4688_net_use_lateral_movement.yml").read_text(encoding="utf-8")
    for found in transpile.convert_all(text, write=["spl", "kql", "eql", "yaral"]):
        print(f"--- {found.target}, data model {found.model}: {found.status}")
        print(found.query)

    # A refusal is a result like any other: `query` is None and `diagnostics` say why.
    refused = [
        found for found in transpile.convert_paths([str(RULES)], write="eql", model="none") if found.query is None
    ]
    for found in refused:
        for diagnostic in found.diagnostics:
            print(f"{found.path}: {diagnostic.code} {diagnostic.message}")


if __name__ == "__main__":
    main()
