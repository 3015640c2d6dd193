"""Deploy rules to Splunk: build the app, pack it, and install it through Splunk's management port.

    python examples/deploy/splunk.py rules/ --dry-run
    SPLUNK_URL=https://splunk.example:8089 SPLUNK_TOKEN=... python examples/deploy/splunk.py rules/

Installing by path is what Splunk's `apps/local` endpoint takes, so the archive must lie where the server can read it
(`--archive`). For Splunk Cloud upload the archive with its Admin Config Service instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from pathlib import Path

APP = "transpile_detections"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--build", type=Path, default=Path("out/splunk"))
    parser.add_argument("--archive", type=Path, default=Path("out/transpile_detections.tar.gz"))
    parser.add_argument("--dry-run", action="store_true", help="build and pack, but send nothing")
    chosen = parser.parse_args()

    built = subprocess.run(
        [sys.executable, "-m", "transpile", "deploy", *chosen.rules, "--platform", "splunk", "-o", str(chosen.build)],
        check=False,
    )
    if built.returncode:  # a rule that cannot be read; refused ones are only named in the summary
        return built.returncode
    chosen.archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(chosen.archive, "w:gz") as archive:
        archive.add(chosen.build / APP, arcname=APP)
    print(f"packed {chosen.archive}")

    body = urllib.parse.urlencode({"name": str(chosen.archive.resolve()), "filename": "true", "update": "true"})
    if chosen.dry_run:
        print(f"would POST /services/apps/local with {body}")
        return 0
    request = urllib.request.Request(
        os.environ["SPLUNK_URL"].rstrip("/") + "/services/apps/local",
        data=body.encode(),
        headers={"Authorization": f"Bearer {os.environ['SPLUNK_TOKEN']}"},
    )
    with urllib.request.urlopen(request) as answer:
        print(f"installed: {answer.status}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
