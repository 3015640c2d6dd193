"""`LNT174` to `LNT177`: names of files, by SigmaHQ's conventions (sigma-specification, in the public domain)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from transpile.ir.stream import LogSource
from transpile.lint.document import Check, LintDocument, LintHit, hit
from transpile.lint.options import LintOptions

_FORM = re.compile(r"[a-z0-9_]{10,90}\.yml")
_SYSTEMS = MappingProxyType({"windows": "win", "linux": "lnx", "macos": "macos"})
_PRODUCTS = MappingProxyType(
    {name: f"{name}_" for name in ("aws", "azure", "gcp", "gworkspace", "modsec", "okta", "onelogin")}
    | {"m365": "microsoft365_", "windows": "win_", "linux": "lnx_", "macos": "macos_"}
)
# `{os}` stands for win, lnx or macos.
_CATEGORIES = MappingProxyType(
    {
        "create_remote_thread": "create_remote_thread_win_",
        "create_stream_hash": "create_stream_hash_",
        "dns_query": "dns_query_{os}_",
        "driver_load": "driver_load_{os}_",
        "file_access": "file_access_{os}_",
        "file_change": "file_change_{os}_",
        "file_delete": "file_delete_{os}_",
        "file_event": "file_event_{os}_",
        "file_rename": "file_rename_{os}_",
        "image_load": "image_load_",
        "network_connection": "net_connection_{os}_",
        "pipe_created": "pipe_created_",
        "process_access": "proc_access_{os}_",
        "process_creation": "proc_creation_{os}_",
        "ps_classic_start": "posh_pc_",
        "ps_module": "posh_pm_",
        "ps_script": "posh_ps_",
        "registry_add": "registry_add_",
        "registry_delete": "registry_delete_",
        "registry_event": "registry_event_",
        "registry_rename": "registry_rename_",
        "registry_set": "registry_set_",
    }
)
_WITHOUT_PRODUCT = MappingProxyType({"dns": "net_dns_", "firewall": "net_firewall_", "webserver": "web_"})
_SERVICES = MappingProxyType(
    {("linux", name): f"lnx_{name}_" for name in ("auditd", "auth", "clamav", "cron", "guacamole", "sshd", "sudo")}
    | {("linux", "syslog"): "lnx_syslog_", ("linux", "vsftpd"): "lnx_vsftp"}
    | {
        ("windows", name): f"win_{name.replace('-', '_')}_"
        for name in ("applocker", "bits-client", "diagnosis-scripted", "dns-server", "firewall-as", "security")
    }
    | {
        ("windows", name): f"win_{name.replace('-', '_')}_"
        for name in ("security-mitigations", "shell-core", "system", "taskscheduler", "wmi")
    }
    | {
        ("windows", "codeintegrity-operational"): "win_codeintegrity_",
        ("windows", "dns-server-analytic"): "win_dns_analytic_",
        ("windows", "msexchange-management"): "win_exchange_",
        ("windows", "openssh"): "win_sshd_openssh_",
        ("windows", "terminalservices-localsessionmanager"): "win_terminalservices_",
        ("windows", "windefend"): "win_defender_",
    }
)


def prefix_of(logsource: LogSource) -> str | None:
    """The prefix of file names for a log source; None where SigmaHQ has no convention.

    >>> prefix_of(LogSource("process_creation", "windows"))
    'proc_creation_win_'
    """
    product, category, service = logsource.product or "", logsource.category or "", logsource.service or ""
    if not product and category in _WITHOUT_PRODUCT:
        return _WITHOUT_PRODUCT[category]
    if category in _CATEGORIES and product in _SYSTEMS:
        return _CATEGORIES[category].format(os=_SYSTEMS[product])
    if category:
        return None
    return _SERVICES.get((product, service)) or _PRODUCTS.get(product)


def name_length(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A name that is very short or long."""
    if doc.path and not options.file_name_least <= len(doc.path.name) <= options.file_name_most:
        length = len(doc.path.name)
        yield hit(doc.top, length=length, least=options.file_name_least, most=options.file_name_most)


def name_form(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A name with capitals, hyphens or spaces, or without `_`."""
    if doc.path and not (_FORM.fullmatch(doc.path.name) and "_" in doc.path.name):
        yield hit(doc.top)


def name_prefix(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A name that does not begin with the log source."""
    shared = "correlation:" in doc.source.text  # such a file holds rules of several log sources
    prefix = prefix_of(doc.logsource) if doc.is_rule and not shared else None
    if doc.path and prefix and not doc.path.name.startswith(prefix):
        yield hit(doc.top, logsource=str(doc.logsource), prefix=prefix)


def correlation_name(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A correlation's file that does not begin with `correlation_`."""
    if doc.path and doc.is_correlation and not doc.path.name.startswith("correlation_"):
        yield hit(doc.top)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {"LNT174": name_length, "LNT175": name_form, "LNT176": name_prefix, "LNT177": correlation_name}
)
