"""Converts rules with pySigma's backends, one result a rule.

    python peers.py CORPUS [--models | [--mapped] TARGET...]

Writes a JSON object a rule and target: {"path", "id", "target", "query", "error"}. With `--models` the target is
a platform (`sentinel`), and rules go through the pipelines that map names to it; without, names are left as they are,
and targets are languages (all, if none is named); `--mapped` maps the names for the platform of each. A rule that a
backend does not support stops none of the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sigma.collection import SigmaCollection

Backend = tuple[Any, str | None]  # and the format of its output, if not its default


# Each imports what it needs and no more, so that a peer is not made to pay for the others.


def splunk(maps: bool) -> Backend:
    """SPL."""
    from sigma.backends.splunk import SplunkBackend
    from sigma.pipelines.splunk import splunk_windows_pipeline

    return SplunkBackend(splunk_windows_pipeline() if maps else None), None


def kusto(maps: bool) -> Backend:
    """KQL."""
    from sigma.backends.kusto import KustoBackend
    from sigma.pipelines.azuremonitor import azure_monitor_pipeline

    return KustoBackend(azure_monitor_pipeline() if maps else None), None


def elastic(maps: bool) -> Backend:
    """EQL."""
    from sigma.backends.elasticsearch import EqlBackend
    from sigma.pipelines.elasticsearch.windows import ecs_windows

    return EqlBackend(ecs_windows() if maps else None), None


def secops(maps: bool) -> Backend:
    """YARA-L."""
    from sigma.backends.secops import SecOpsBackend
    from sigma.pipelines.secops import secops_udm_pipeline

    return SecOpsBackend(secops_udm_pipeline() if maps else None), None


PLAIN: Mapping[str, Callable[[bool], Backend]] = {"spl": splunk, "kql": kusto, "eql": elastic, "yaral": secops}


def mapped() -> dict[str, Backend]:
    """Each platform, by the name of our data model for it."""
    from sigma.backends.elasticsearch import EqlBackend
    from sigma.backends.kusto import KustoBackend
    from sigma.backends.secops import SecOpsBackend
    from sigma.backends.splunk import SplunkBackend
    from sigma.pipelines.azuremonitor import azure_monitor_pipeline
    from sigma.pipelines.elasticsearch.kubernetes import ecs_kubernetes
    from sigma.pipelines.elasticsearch.macos import ecs_macos_esf
    from sigma.pipelines.elasticsearch.windows import ecs_windows
    from sigma.pipelines.elasticsearch.zeek import ecs_zeek_beats
    from sigma.pipelines.microsoftxdr import microsoft_xdr_pipeline
    from sigma.pipelines.secops import secops_udm_pipeline
    from sigma.pipelines.sentinelasim import sentinel_asim_pipeline
    from sigma.pipelines.splunk import splunk_cim_data_model, splunk_windows_pipeline
    from sigma.pipelines.sysmon import sysmon_pipeline

    ecs = ecs_windows() + ecs_zeek_beats() + ecs_kubernetes() + ecs_macos_esf()
    return {
        "windows-xml": (SplunkBackend(sysmon_pipeline() + splunk_windows_pipeline()), None),
        "cim": (SplunkBackend(splunk_cim_data_model()), "data_model"),
        "ecs": (EqlBackend(ecs), None),
        "sentinel": (KustoBackend(azure_monitor_pipeline()), None),
        "defender": (KustoBackend(microsoft_xdr_pipeline()), None),
        "asim": (KustoBackend(sentinel_asim_pipeline()), None),
        "udm": (SecOpsBackend(secops_udm_pipeline()), None),
    }


def convert(path: Path, backends: Mapping[str, Backend]) -> Iterator[dict[str, str | None]]:
    """Every rule of a file, for every target."""
    text = path.read_text(encoding="utf-8")
    for target, (backend, format_) in backends.items():
        row: dict[str, str | None] = {"path": str(path), "target": target, "query": None, "error": None}
        try:
            rules = SigmaCollection.from_yaml(text).rules
        except Exception as error:
            yield row | {"error": f"{type(error).__name__}: {error}"}
            continue
        for rule in rules:
            try:
                queries = backend.convert_rule(rule, format_)
                yield row | {"id": str(rule.id), "query": "\n".join(map(str, queries))}
            except Exception as error:
                yield row | {"id": str(rule.id), "error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """All rules under the folder given."""
    corpus, *what = sys.argv[1:]
    maps = "--mapped" in what
    named = [name for name in what if name != "--mapped"]
    backends = mapped() if what == ["--models"] else {name: PLAIN[name](maps) for name in named or PLAIN}
    for path in sorted(Path(corpus).rglob("*.yml")):
        for row in convert(path, backends):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
