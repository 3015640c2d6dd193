"""Deploy rules to Microsoft Defender XDR: build custom detections and create them through Microsoft Graph.

    python examples/deploy/defender.py rules/ --dry-run
    GRAPH_TOKEN=... python examples/deploy/defender.py rules/

The token needs the permission CustomDetection.ReadWrite.All.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

GRAPH = "https://graph.microsoft.com/beta/security/rules/detectionRules"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--build", type=Path, default=Path("out/defender"))
    parser.add_argument("--dry-run", action="store_true", help="build, but send nothing")
    chosen = parser.parse_args()

    built = subprocess.run(
        [sys.executable, "-m", "transpile", "deploy", *chosen.rules, "--platform", "defender", "-o", str(chosen.build)],
        check=False,
    )
    if built.returncode:  # a rule that cannot be read; refused ones are only named in the summary
        return built.returncode
    for path in sorted((chosen.build / "rules").glob("*.json")):
        body = path.read_bytes()
        name = json.loads(body)["displayName"]
        if chosen.dry_run:
            print(f"would POST {path.name} ({name}) to {GRAPH}")
            continue
        headers = {"Authorization": f"Bearer {os.environ['GRAPH_TOKEN']}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(GRAPH, data=body, headers=headers)) as answer:
            print(f"{name}: {answer.status}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
