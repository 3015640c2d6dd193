"""Deploy rules to Elastic Security: build the import file and send it to Kibana.

    python examples/deploy/elastic.py rules/ --dry-run
    KIBANA_URL=https://kibana.example ELASTIC_API_KEY=... python examples/deploy/elastic.py rules/

Rules keep their ids, so that sending them again overwrites what is there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

BOUNDARY = "transpile-rules-7f3a"
WHERE = "/api/detection_engine/rules/_import?overwrite=true"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--build", type=Path, default=Path("out/elastic"))
    parser.add_argument("--dry-run", action="store_true", help="build, but send nothing")
    chosen = parser.parse_args()

    built = subprocess.run(
        [sys.executable, "-m", "transpile", "deploy", *chosen.rules, "--platform", "elastic", "-o", str(chosen.build)],
        check=False,
    )
    if built.returncode:  # a rule that cannot be read; refused ones are only named in the summary
        return built.returncode
    rules = (chosen.build / "rules.ndjson").read_bytes()
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="rules.ndjson"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode() + rules
    body += f"\r\n--{BOUNDARY}--\r\n".encode()
    if chosen.dry_run:
        print(f"would POST {len(rules.splitlines())} rules ({len(body)} bytes) to {WHERE}")
        return 0
    request = urllib.request.Request(
        os.environ["KIBANA_URL"].rstrip("/") + WHERE,
        data=body,
        headers={
            "Authorization": f"ApiKey {os.environ['ELASTIC_API_KEY']}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "kbn-xsrf": "true",
        },
    )
    with urllib.request.urlopen(request) as answer:
        print(answer.read().decode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
