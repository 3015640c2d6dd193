"""The catalog as a folder of HTML pages that need no server, no network and, but for search, no script."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transpile import attack, dialects
from transpile.batch.files import write_atomically
from transpile.catalog import filters, pages, playground, queries, shards
from transpile.catalog.coloured import coloured, plain
from transpile.catalog.database import listed
from transpile.catalog.matrix import matrix, same_meaning
from transpile.catalog.names import vendors
from transpile.catalog.shards import SearchEntry
from transpile.catalog.tables import one_line
from transpile.deploy.templates import builtin_folder

FOLDERS = ("rules", "techniques", "fields", "events", "search", "assets")
LONGEST_BODY = 9_000  # characters of a rule or query on a page
MOST_TRANSLATIONS = 9_000  # characters of all queries of a rule
MOST_STAGES = 4_000  # characters of all stages of a rule
LARGEST_RULE_PAGE = 29_000  # bytes; a larger one is written without colours
MOST_PAIRS = 6  # pairs of rules on the start page
_OTHER = re.compile(r"(?i)(index|con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # the folder's own page; Windows' devices


def write_site(
    db: sqlite3.Connection,
    target: Path,
    *,
    bodies: bool = True,
    licences: Mapping[str, str] | None = None,
    playground: str | None = None,
) -> int:
    """Write a catalog's pages into a folder; the number of pages. Files that are right already are not touched.

    `bodies`: whether the texts of rules, and of queries written from them, are shown; only those of rules whose licence
    is known ever are. `licences`: by vendor, for rules that name none and lie below no licence file. `playground`: the
    address of one to open those rules in. Raises `OSError`.
    """
    return Site(db, target, bodies, licences or {}, playground).write()


def slug(name: str, *, shared: bool = False) -> str:
    """A file name for anything: its letters and digits, and a digest where that is not the whole name.

    `shared`: another name differs in case alone, and some file systems do not tell the two apart.

    >>> slug("Image"), slug("user.id"), slug("User", shared=True), slug("con")
    ('Image.html', 'user.id.html', 'User-b512d97e.html', 'con-1143da2b.html')
    """
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60]
    if safe == name and not _OTHER.match(safe) and not shared:
        return f"{safe}.html"
    return f"{safe or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.html"


def rule_file(public: str) -> str:
    """The file name of a rule's page."""
    tail = re.sub(r"\.\w+(?=#|$)", "", public.rsplit("/", 1)[-1])
    return (
        slug(tail) if "/" not in public else f"{slug(tail)[:-5]}-{hashlib.sha256(public.encode()).hexdigest()[:8]}.html"
    )


class Site:
    """One run of writing a site."""

    def __init__(
        self,
        db: sqlite3.Connection,
        target: Path,
        bodies: bool,
        licences: Mapping[str, str],
        playground: str | None = None,
    ) -> None:
        self._db = db
        self._target = target
        self._bodies = bodies
        self._licences = licences
        self._playground = playground
        self._count = 0
        self._stats = queries.stats(db)
        self._languages = {name: dialects.load(name).title for name in dialects.names()}
        fields = [row["field"] for row in db.execute("select distinct field from predicate")]
        spelled = Counter(map(str.lower, fields))
        self._field_files = {one: slug(one, shared=spelled[one.lower()] > 1) for one in fields}
        self._environment = _environment(self._field_files)
        query = f"select r.id, r.vendor, r.title, r.retired, {pages.PUBLIC} from rule r"
        self._briefs = {
            row["public"]: {"title": row["title"], "vendor": row["vendor"], "file": rule_file(row["public"])}
            for row in db.execute(query)
        }

    def write(self) -> int:
        """Write everything; the number of pages."""
        for folder in FOLDERS:
            (self._target / folder).mkdir(parents=True, exist_ok=True)
        for name in ("catalog.css", "catalog.js"):
            self._put(f"assets/{name}", (builtin_folder() / "catalog" / name).read_text(encoding="utf-8"))
        techniques = self._techniques()
        events = self._events()
        fields = self._field_pages()
        self._unread()
        rules = self._rules()
        self._index(techniques)
        for name, content in shards.files([*techniques, *fields, *events, *rules]):
            self._put(f"search/{name}.js", content)
        return self._count

    def _put(self, path: str, content: str) -> None:
        write_atomically(self._target / path, content.encode())

    def _page(self, path: str, template: str, **values: Any) -> None:
        self._put_page(path, self._rendered(path, template, **values))

    def _put_page(self, path: str, text: str) -> None:
        self._put(path, text)
        self._count += 1

    def _rendered(self, path: str, template: str, **values: Any) -> str:
        root = "../" * path.count("/")
        shared = {"root": root, "totals": self._stats, "languages": self._languages, "hero": False, "here": ""}
        text = self._environment.get_template(f"catalog/{template}.html.j2").render(**shared | values)
        return re.sub(r"\n\s*\n+", "\n", text) if "<pre" not in text else text

    # --- techniques

    def _techniques(self) -> list[SearchEntry]:
        documents, counts = [], {}
        for id_ in queries.technique_ids(self._db):
            page = pages.technique_page(self._db, id_)
            counts[id_] = len(page["rules"])
            title = page["technique"]["title"]
            self._technique(page)
            about = f"Technique · {len(page['rules']):,} rules"
            documents.append(SearchEntry(f"techniques/{id_}.html", f"{id_} {title}", about))
        groups: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
        for id_, count in counts.items():
            known = attack.technique(id_)
            title = pages.technique_of(self._db, id_)["title"]
            for tactic in [one.name for one in known.tactics] if known else ["Not in ATT&CK v19"]:
                groups[tactic].append((f"techniques/{id_}.html", id_, title, count))
        order = [*(one.name for one in attack.tactics()), "Not in ATT&CK v19"]
        shown = [(name, groups[name]) for name in order if name in groups]
        lead = f"{len(counts):,} techniques have rules. The number beside each is of rules."
        self._page("techniques.html", "list", title="Techniques", lead=lead, groups=shown, here="Techniques")
        return documents

    def _technique(self, page: dict[str, Any]) -> None:
        by_vendor: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for rule in page["rules"]:
            rule["file"] = rule_file(rule["id"])
            by_vendor[rule["vendor"]].append(rule)
        for one in page["events"]:
            one["file"] = event_file(one)
        counts = [(name, count) for name, count in page["rules_by_vendor"].items() if count]
        total = sum(count for _, count in counts)
        known = page["technique"]
        self._page(
            f"techniques/{known['id']}.html",
            "technique",
            title=f"{known['title']} {known['id']}",
            description=f"What {total} detection rules look for under {known['title']}.",
            page=page,
            counts=counts,
            total=total,
            filters=filters.mark(page["rules"]),
            by_vendor=list(by_vendor.items()),
            known=self._briefs,
        )

    # --- events and fields

    def _events(self) -> list[SearchEntry]:
        query = """select k.provider, k.event from kind k where exists
          (select 1 from event e where e.provider = k.provider and e.event = k.event) order by k.position"""
        found = self._db.execute(query).fetchall()
        documents = []
        groups: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
        for provider, name in found:
            page = queries.event_of(self._db, provider, name, 60)
            for rule in page["examples"]:
                rule["file"] = rule_file(rule["id"])
            href = f"events/{event_file(page)}"
            title = page["title"] or name
            self._page(href, "event", title=f"{provider} {name}", page=page)
            groups[provider].append((href, name.removeprefix("Event ID "), title, page["rules"]))
            about = f"Event · {page['rules']:,} rules"
            documents.append(SearchEntry(href, f"{provider} {name} {title}", about))
        lead = f"{len(found):,} kinds of events are read by rules."
        self._page("events.html", "list", title="Events", lead=lead, groups=list(groups.items()), here="Events")
        return documents

    def _field_pages(self) -> list[SearchEntry]:
        query = """select p.field, count(distinct p.rule) n from predicate p join rule r on r.id = p.rule
          group by 1 order by n desc, 1"""
        documents, rows = [], []
        for row in self._db.execute(query).fetchall():
            page = queries.field_page(self._db, row["field"], 40)
            href = f"fields/{self._field_files[row['field']]}"
            self._page(href, "field", title=row["field"], page=page)
            rows.append((href, "", row["field"], row["n"]))
            documents.append(SearchEntry(href, row["field"], f"Field · {row['n']:,} rules"))
        groups = [("Most used", rows[:120]), ("The others", sorted(rows[120:], key=lambda one: one[2].lower()))]
        lead = f"{len(rows):,} fields are tested. Names that several vendors use for one field are merged."
        self._page(
            "fields.html", "list", title="Fields", lead=lead, groups=[one for one in groups if one[1]], here="Fields"
        )
        return documents

    # --- rules

    def _rules(self) -> list[SearchEntry]:
        reach = {
            tuple(row)[:3]: row["n"]
            for row in self._db.execute("select field, kind, value, sum(rules) n from reach group by 1, 2, 3")
        }
        query = f"""select r.*, s.path as path, {pages.PUBLIC} from rule r join source s on s.id = r.source
          order by r.retired, lower(r.title), s.path, r.number"""
        return [self._rule(row, reach) for row in self._db.execute(query).fetchall()]

    def _rule(self, row: sqlite3.Row, reach: pages.Reach) -> SearchEntry:
        page = pages.rule_details(self._db, row, reach)
        for one in page["events"]:
            one["file"] = event_file(one)
        for one in page["relations"]:
            one["file"] = rule_file(one["id"])
        href = f"rules/{rule_file(page['id'])}"
        self._put_page(href, self._rule_text(href, page, row))
        ids = [
            one["technique"] for one in self._db.execute("select technique from technique where rule = ?", (row["id"],))
        ]
        values = [v["value"] for name in ("indicators", "exclusions") for one in page[name] for v in one["values"]]
        text = row["body"] if row["state"] == "unread" else " ".join((page["description"] or "", *values))
        about = " · ".join((page["vendor"], *ids[:3], *(["not read"] if row["state"] == "unread" else [])))
        return SearchEntry(href, page["title"], about, " ".join((*ids, text)))

    def _rule_text(self, href: str, page: dict[str, Any], row: sqlite3.Row) -> str:
        """A rule's page, without colours where those would make it too large."""
        licence = self._licence(row)
        shared = {
            "title": page["title"],
            "description": page["description"] or page["title"],
            "page": page,
            "licence": licence,
            "stages": _shown_stages(page["stages"]),
            "playground": None,
        }
        if not self._bodies or licence is None:
            return self._rendered(href, "rule", panels=[], **shared)
        if self._playground:
            shared["playground"] = playground.link(self._playground, row["body"], row["language"])
        text = self._rendered(href, "rule", panels=self._panels(row, coloured), **shared)
        if len(text.encode()) <= LARGEST_RULE_PAGE:
            return text
        return self._rendered(href, "rule", panels=self._panels(row, plain), **shared)

    def _licence(self, row: sqlite3.Row) -> str | None:
        """The licence line of a rule: its own, its repository's, or what the user says of its vendor."""
        name = row["license"] or self._licences.get(row["vendor"])
        if name is None:
            return None
        return f"By {row['author'] or 'the authors of the ' + row['vendor'] + ' rules'}, under {name}"

    def _panels(self, row: sqlite3.Row, paint: Callable[[str, str], Markup]) -> list[dict[str, Any]]:
        """The rule's own text, then what it is in every other language."""
        own = {"language": row["language"], "html": paint(_short(row["body"]), row["language"]), "findings": []}
        found: list[dict[str, Any]] = [{**own, "mark": "own", "said": "as its author wrote it"}]
        left = MOST_TRANSLATIONS
        for one in self._db.execute("select * from translation where rule = ? order by language", (row["id"],)):
            query = one["query"]
            if query is not None and len(query) > left:
                query = _short(query, max(left, 200))
            left -= len(query or "")
            proven = query is not None and one["verdict"] == "proven"
            found.append(
                {
                    "language": one["language"],
                    "html": paint(query, one["language"]) if query is not None else None,
                    "findings": listed(one["findings"]),
                    "mark": one["status"] if proven or query is None else "unproven",
                    "said": _said(one["status"], one["verdict"], query),
                }
            )
        return found

    # --- the rest

    def _unread(self) -> None:
        query = f"""select r.title, r.vendor, {pages.PUBLIC} from rule r where state = 'unread'
          order by r.vendor, r.title limit 400"""
        rows = [
            {"title": row["title"], "vendor": row["vendor"], "file": rule_file(row["public"])}
            for row in self._db.execute(query)
        ]
        self._page("unread.html", "unread", title="What was read", stats=self._stats, unread=rows, here="Coverage")

    def _index(self, techniques: Sequence[SearchEntry]) -> None:
        counts: dict[str, int] = defaultdict(int)
        reads: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in self._stats["languages"]:
            if one["vendor"] in vendors():
                counts[one["vendor"]] += one["rules"]
                reads[one["vendor"]][0] += one["rules"]
                reads[one["vendor"]][1] += one["unread"]
        read = [
            {"vendor": name, "rules": total, "percent": round(100 * (total - unread) / total, 1)}
            for name, (total, unread) in reads.items()
        ]
        figures = [
            (self._stats["rules"], "rules"),
            (self._stats["predicates"], "predicates"),
            (self._stats["indicators"], "distinct indicators"),
            (len(techniques), "techniques"),
            (self._stats["relations"], "proven relations"),
        ]
        top = self._stats["techniques"]
        same = same_meaning(self._db, MOST_PAIRS)
        examples = [(f"techniques/{one['id']}.html", one["id"]) for one in top[:2]]
        examples += [(f"fields/{self._field_files[one['field']]}", one["field"]) for one in self._stats["fields"][:2]]
        self._page(
            "index.html",
            "index",
            title="What detection rules look for",
            hero=True,
            vendors=[one for one in counts.items() if one[1]],
            read=read,
            figures=figures,
            top=top[:12],
            technique_count=len(techniques),
            tactics=list(matrix(self._db)),
            same=[{name: one | {"file": rule_file(one["id"])} for name, one in pair.items()} for pair in same],
            examples=examples,
        )


def event_file(event: Mapping[str, Any]) -> str:
    """The file name of an event's page."""
    return slug(f"{event['provider']}-{event['event'].replace('Event ID ', '')}")


def _shown_stages(stages: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The stages of a rule; the texts of the last ones are left out where all would make the page too long."""
    found, left = [], MOST_STAGES
    for one in list(stages)[:12]:
        text = one["text"] if len(one["text"]) <= left else ""
        left -= len(text)
        found.append({"name": one["name"], "text": text if text != one["name"] else ""})
    return found


def _said(status: str, verdict: str, query: str | None) -> str:
    """What is said of a query beside its language."""
    if query is None:
        return "not written: running it showed another meaning" if verdict == "disproven" else "cannot be written"
    return f"{status}, {verdict}" if verdict in ("proven", "unproven") else status


def _short(text: str, most: int = LONGEST_BODY) -> str:
    if len(text) <= most:
        return text
    return text[:most].rstrip() + f"\n… {len(text) - most:,} more characters"


def _environment(field_files: Mapping[str, str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(builtin_folder()),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=lambda value: f"{value:,}",
        field_file=field_files.__getitem__,
        visible=_visible,
        short=lambda title: title.partition(" (")[0],
    )
    return environment


def _visible(text: str) -> str:
    """A value on one line; blanks at its ends are shown as such."""
    shown = one_line(text)
    return shown[1:-1].replace(" ", "\u00b7") if text.strip() == "" and text else shown
