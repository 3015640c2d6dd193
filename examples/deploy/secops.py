"""Deploy rules to Google SecOps: build the rules and create them through the Chronicle API.

    python examples/deploy/secops.py rules/ --dry-run
    SECOPS_INSTANCE=projects/P/locations/us/instances/I SECOPS_TOKEN=... python examples/deploy/secops.py rules/

The folder is also laid out for the content manager of Google's public rule repository (rules/ and rule_config.yaml).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--build", type=Path, default=Path("out/secops"))
    parser.add_argument("--dry-run", action="store_true", help="build, but send nothing")
    chosen = parser.parse_args()

    built = subprocess.run(
        [sys.executable, "-m", "transpile", "deploy", *chosen.rules, "--platform", "secops", "-o", str(chosen.build)],
        check=False,
    )
    if built.returncode:  # a rule that cannot be read; refused ones are only named in the summary
        return built.returncode
    instance = os.environ.get("SECOPS_INSTANCE", "projects/P/locations/us/instances/I")
    region = instance.split("/")[3]
    where = f"https://{region}-chronicle.googleapis.com/v1alpha/{instance}/rules"
    for path in sorted((chosen.build / "rules").glob("*.yaral")):
        body = json.dumps({"text": path.read_text(encoding="utf-8")}).encode()
        if chosen.dry_run:
            print(f"would POST {path.name} ({len(body)} bytes) to {where}")
            continue
        headers = {"Authorization": f"Bearer {os.environ['SECOPS_TOKEN']}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(where, data=body, headers=headers)) as answer:
            print(f"{path.stem}: {answer.status}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
