"""How many rules of a folder each language can say, by ATT&CK tactic.

python examples/coverage_by_tactic.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import yaml

import transpile
from transpile.attack import tactics

RULES = Path(__file__).parent.parent / "rules"


def main() -> None:
    """Print a row for each tactic."""
    folder = sys.argv[1] if len(sys.argv) > 1 else str(RULES)
    known = [tactic.key for tactic in tactics()]
    targets = ["spl", "kql", "eql", "yaral"]
    rules: Counter[str] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    for found in transpile.convert_paths([folder], write=targets, model="none"):
        documents = yaml.safe_load_all(Path(found.path).read_text(encoding="utf-8"))
        tags = next((one.get("tags") for one in documents if one and one.get("title") == found.title), None) or []
        for tactic in (key for key in known if f"attack.{key}" in tags):
            rules[tactic] += found.target == targets[0]
            said[tactic, found.target] += found.query is not None
    print(f"{'':<24}{'rules':>8}" + "".join(f"{target:>8}" for target in targets))
    for tactic in known:
        print(f"{tactic:<24}{rules[tactic]:>8}" + "".join(f"{said[tactic, target]:>8}" for target in targets))


if __name__ == "__main__":
    main()
