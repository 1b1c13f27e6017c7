"""Look at a set-up, and at a source as its site is now; say what is wrong and what would mend it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from crawler.contract import History, Judgement, judge_listing, what_wall
from crawler.extract import Listing, read_declared_listing, read_listing
from crawler.normalise import decode
from crawler.run import fetch
from crawler.source import Source, load_sources
from feeds.error import BaywireError, ConfigError
from feeds.store import Store
from scheduler.config import Config
from scheduler.desk import check_places, load_rules
from scheduler.lock import holder
from scheduler.reading import open_to_read
from scheduler.upkeep import last_backup

__all__ = ["Diagnosis", "Repair", "look_at_setup", "look_at_source", "write_repair"]

_ROOM = 500 << 20  # bytes
_OLD_BACKUP = timedelta(days=3)
_KNOWN_SHARE = 0.5  # of what a repaired list shows must be known
_RULES = ("links", "item", "title", "date", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Rules of a listing that read the page of *source* again: name to selector; *known* of *found* were known."""

    source: Source
    rules: dict[str, str]
    found: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at: *wrong* or not, what was *found*, and the *repair* there is, if any."""

    subject: str
    found: str
    wrong: bool = False
    repair: Repair | None = None


def look_at_setup(config: Config, *, now: datetime) -> Iterator[Diagnosis]:
    """Yield what there is to say of configuration, store, folders and daemon; nothing is changed."""
    yield Diagnosis(subject="configuration", found=str(config.file or "defaults"))
    try:
        sources, topics = load_rules(config)
        yield Diagnosis(subject="rules", found=f"{len(sources)} sources, {len(topics.topics)} topics")
    except ConfigError as error:
        yield Diagnosis(subject="rules", found=str(error).replace("\n", "; "), wrong=True)
    try:
        check_places(config)
        yield Diagnosis(subject="folder", found=f"{config.publish.directory} can be written")
    except ConfigError as error:
        yield Diagnosis(subject="folder", found=str(error), wrong=True)
    free = shutil.disk_usage(config.directory).free
    yield Diagnosis(subject="disk", found=f"{free >> 20} MiB free", wrong=free < _ROOM)
    who = holder(config.var)
    if who is not None and not Path(f"/proc/{who.pid}").exists():
        who = None  # killed: it could not take its name off
    yield Diagnosis(subject="daemon", found=who.tell() if who else "none runs here")
    try:
        with open_to_read(config) as store:
            problem = store.quick_check()
            held = f"{config.store.shown}: {store.count()} releases"
        yield Diagnosis(subject="store", found=problem or held, wrong=bool(problem))
    except BaywireError as error:
        yield Diagnosis(subject="store", found=str(error), wrong=True)
    last = last_backup(config.var / "backups")
    found = f"last {last.isoformat(timespec='minutes')}" if last else "none yet: the daemon makes one a day"
    yield Diagnosis(subject="backup", found=found, wrong=bool(last and now - last > _OLD_BACKUP))
    told = config.crawl.contact or "none: set [crawl] contact, so that a site can write before it blocks"
    yield Diagnosis(subject="contact", found=told)


def look_at_source(config: Config, source: Source, *, replay: str | None = None, now: datetime) -> Iterator[Diagnosis]:
    """Yield what there is to say of *source* and of its listing as it is now; nothing is changed."""
    with open_to_read(config) as store:
        state = store.source_state(source.key)
        if state is not None:
            seen = f"{state.state}, last good {state.last_good or 'never'}, failures in a row {state.failures}"
            yield Diagnosis(subject="state", found=f"{seen}{': ' if state.reason else ''}{state.reason}")
        for run in store.runs(source.key, limit=3):
            yield Diagnosis(
                subject="run", found=f"{run.ended:%Y-%m-%d %H:%M} {run.outcome}: {run.listed} listed {run.reason}"
            )
        asked = next((one.url for one in source.requests(now) if not one.form), "")
        if not asked:
            yield Diagnosis(subject="listing", found="cannot be fetched by itself: it is asked for by POST", wrong=True)
            return
        (page,) = fetch([asked], replay=replay, contact=config.crawl.contact, allow_private=source.allow_private)
        if page.reason:
            yield Diagnosis(subject="listing", found=f"{asked}: {page.reason}", wrong=True)
            return
        decoded = decode(page.body, page.content_type, page.url)
        sizes = f"{len(page.body)} bytes, {decoded.encoding}"
        yield Diagnosis(subject="listing", found=f"{page.url}: status {page.status}, {page.content_type}, {sizes}")
        yield from _judge(store, source, decoded.text, page.url)


def _judge(store: Store, source: Source, text: str, url: str) -> Iterator[Diagnosis]:
    listing = read_declared_listing(source, text, url)
    known = store.known(source.key, [item.url for item in listing.items])
    verdict = judge_listing(source, listing, text, History(known=known))
    believed = verdict.outcome in (Judgement.NEW, Judgement.UNCHANGED)
    wall = "" if believed and listing.items else what_wall(text)
    repair = None if wall or (believed and listing.items) else _repair(store, source, text, url)
    found = f"{len(listing.items)} releases, {len(known)} of them known{': ' if verdict.reason else ''}{verdict.reason}"
    yield Diagnosis(subject="releases", found=found, wrong=not believed or repair is not None)
    if wall:
        yield Diagnosis(subject="page", found=f"stands before the site: {wall}", wrong=True)
    if repair is not None:
        told = f"{repair.found} releases, {repair.known} of them known, by {repair.rules['links']}"
        yield Diagnosis(subject="repair", found=told, repair=repair)


def _repair(store: Store, source: Source, text: str, url: str) -> Repair | None:
    """Return rules found on the page that list what is known, None where there are none to trust."""
    found: Listing = read_listing(text, url)
    if source.kind != "html" or "links" not in found.rules:
        return None
    rules = {name: found.rules[name] for name in _RULES if found.rules.get(name)}
    links, item, title, date, following = (rules.get(name, "") for name in _RULES)
    listing = replace(source.listing, links=links, item=item, title=title, date=date, next=following)
    mended = replace(source, listing=listing)
    urls = {item.url for item in read_declared_listing(mended, text, url).items}
    known = store.known(source.key, urls)
    has_history = store.count(source=source.key) > 0
    if not urls or (has_history and len(known) < _KNOWN_SHARE * len(urls)):
        return None
    return Repair(source=source, rules=rules, found=len(urls), known=len(known))


def write_repair(config: Config, repair: Repair) -> Path:
    """Write the source of *repair* with its new rules into sources.d; return the file. ConfigError if it is no good."""
    source = repair.source
    text = Path(source.file).read_text(encoding="utf-8")
    rules = "".join(f"{name} = {_quoted(value)}\n" for name, value in repair.rules.items())
    head, section, rest = text.partition("[listing]\n")
    if not section:
        raise ConfigError(f"{source.file}: has no [listing] on a line of its own: mend it by hand")
    body, bracket, tail = _until_next_table(rest)
    kept = "".join(line for line in body.splitlines(keepends=True) if not re.match(rf"({'|'.join(_RULES)})\s*=", line))
    path = config.directory / "sources.d" / f"{source.key}.toml"
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{section}{rules}{kept}{bracket}{tail}", encoding="utf-8")
    try:
        load_sources(path.parent, use=[source.key])
    except ConfigError:
        path.unlink() if before is None else path.write_bytes(before)
        raise
    return path


def _until_next_table(text: str) -> tuple[str, str, str]:
    found = re.search(r"^\[", text, re.MULTILINE)
    return (text, "", "") if found is None else (text[: found.start()], "[", text[found.end() :])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
