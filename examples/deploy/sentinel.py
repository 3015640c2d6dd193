"""Deploy rules to Microsoft Sentinel: build one ARM template and hand it to the Azure command line.

python examples/deploy/sentinel.py rules/ --dry-run
python examples/deploy/sentinel.py rules/ --resource-group soc --workspace soc-logs
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--build", type=Path, default=Path("out/sentinel"))
    parser.add_argument("--resource-group", default="my-resource-group")
    parser.add_argument("--workspace", default="my-workspace")
    parser.add_argument("--dry-run", action="store_true", help="build, but deploy nothing")
    chosen = parser.parse_args()

    command = [sys.executable, "-m", "transpile", "deploy", *chosen.rules, "--platform", "sentinel"]
    built = subprocess.run([*command, "--format", "arm-single", "-o", str(chosen.build)], check=False)
    if built.returncode:  # a rule that cannot be read; refused ones are only named in the summary
        return built.returncode
    deployment = ["az", "deployment", "group", "create", "--resource-group", chosen.resource_group]
    deployment += ["--template-file", str(chosen.build / "azuredeploy.json")]
    deployment += ["--parameters", f"workspace={chosen.workspace}"]
    if chosen.dry_run:
        print("would run", shlex.join(deployment))
        return 0
    return subprocess.run(deployment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
