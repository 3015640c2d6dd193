"""A small catalog, built once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from transpile.catalog import relations, translations
from transpile.catalog.database import open_catalog
from transpile.catalog.store import build

PROJECT = Path(__file__).parent.parent.parent

SIGMA = """\
title: Net Use
id: 11111111-1111-4111-8111-111111111111
description: Looks for <b>net</b> use.
author: Someone
tags: [attack.lateral-movement, attack.t1021.002]
logsource: {product: windows, category: process_creation}
detection:
  selection: # first
    Image|endswith: ['\\net.exe', '\\net1.exe']
    CommandLine|contains: ' use '
  filter:
    SubjectUserName|endswith: '$'
  condition: selection and not filter # as usual
level: medium
"""
WIDER = """\
title: Net
id: 22222222-2222-4222-8222-222222222222
tags: [attack.t1021.002]
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: ['\\net.exe', '\\net1.exe']}
  condition: selection
"""
BROKEN = "title: Broken\nlogsource: {product: windows}\ndetection: {a: {b: zzyzx}, condition: c}\n"
ELASTIC = """\
[metadata]
creation_date = "2026/01/01"
[rule]
name = "Net from Elastic"
rule_id = "33333333-3333-4333-8333-333333333333"
license = "Elastic License v2"
language = "eql"
query = '''
process where host.os.type == "windows" and process.name : ("net.exe", "net1.exe")
'''
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA0008"
name = "Lateral Movement"
reference = "https://attack.mitre.org/tactics/TA0008/"
[[rule.threat.technique]]
id = "T1021"
name = "Remote Services"
reference = "https://attack.mitre.org/techniques/T1021/"
"""


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name, text in {"a.yml": SIGMA, "b.yml": WIDER, "broken.yml": BROKEN, "sub/c.toml": ELASTIC}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "LICENSE").write_text("MIT License\n\nCopyright\n")
    (folder / "compose.yml").write_text("services: {a: {image: b}}\n")
    return folder


@pytest.fixture(scope="session")
def catalog_file(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("catalog") / "c.sqlite"
    build([str(repository)], target, jobs=1)
    db = open_catalog(target, write=True)
    relations.prove_relations(db, jobs=1)
    translations.prove_translations(db, jobs=1)
    db.close()
    return target


@pytest.fixture
def catalog(catalog_file: Path) -> Iterator[sqlite3.Connection]:
    db = open_catalog(catalog_file)
    yield db
    db.close()
