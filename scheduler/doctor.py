"""Look at a set-up, and at a source as its site is now; say what is wrong and what would mend it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from crawler.contract import History, Judgement, judge_listing
from crawler.extract import read_declared_listing, read_listing
from crawler.memory import Memory
from crawler.mend import Known, Mend, Mended, mend_listing
from crawler.normalise import decode
from crawler.run import fetch
from crawler.source import Source
from crawler.spiders.progress import rules_digest
from crawler.wall import what_wall
from feeds.error import BaywireError, ConfigError
from feeds.store import PageKind, SourceState, Store
from scheduler.config import Config
from scheduler.desk import check_places, load_rules
from scheduler.lock import holder
from scheduler.reading import open_to_read
from scheduler.rewrite import Rewrite
from scheduler.upkeep import last_backup

__all__ = ["Diagnosis", "look_at_setup", "look_at_source"]

_ROOM = 500 << 20  # bytes
_OLD_BACKUP = timedelta(days=3)
_AHEAD = timedelta(minutes=5)  # clocks of two machines differ; a crawl in the future means that ours went back
_KNOWN = 60  # newest releases to look for on a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at: *wrong* or not, what was *found*, and the *repair* there is, if any."""

    subject: str
    found: str
    wrong: bool = False
    repair: Rewrite | None = None


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
        if not config.publish.target:
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
            count = store.count()
            latest = max((state.last_run for state in store.source_states() if state.last_run), default=now)
        yield Diagnosis(
            subject="store", found=problem or f"{config.store.shown}: {count} releases", wrong=bool(problem)
        )
        yield _clock(latest, now)
        yield _published(config, count)
    except BaywireError as error:
        yield Diagnosis(subject="store", found=str(error), wrong=True)
    last = last_backup(config.var / "backups")
    on_server = not config.store.url.startswith("sqlite")
    none = "of a server is the server's own: pg_dump makes one" if on_server else "none yet: the daemon makes one a day"
    found = f"last {last.isoformat(timespec='minutes')}" if last else none
    yield Diagnosis(subject="backup", found=found, wrong=bool(last and now - last > _OLD_BACKUP))
    if config.notify.hook:
        yield _hook(config)
    told = config.crawl.contact or "none: set [crawl] contact, so that a site can write before it blocks"
    yield Diagnosis(subject="contact", found=told)


def _hook(config: Config) -> Diagnosis:
    program = config.notify.hook[0]
    where = config.directory / program if "/" in program else program  # as it is started: in the folder of the daemon
    found = shutil.which(where)
    told = f"{found} is run when a source fails" if found else f"{program}: no program that this user can run"
    return Diagnosis(subject="hook", found=told if found else f"{told}: set [notify] hook", wrong=not found)


def _clock(latest: datetime, now: datetime) -> Diagnosis:
    told = f"{now:%Y-%m-%d %H:%M} UTC"
    if latest - now > _AHEAD:
        told += f", but the last crawl was at {latest:%Y-%m-%d %H:%M}: set the clock right"
    return Diagnosis(subject="clock", found=told, wrong=latest - now > _AHEAD)


def _published(config: Config, count: int) -> Diagnosis:
    if config.publish.target:
        return _in_bucket(config, count)
    feeds = config.publish.directory / "feeds"
    files = sum(1 for path in feeds.iterdir() if path.is_file()) if feeds.is_dir() else 0
    lacking = count > 0 and not files
    told = f"{files} files in {feeds}" + (": type baywire publish" if lacking else "")
    return Diagnosis(subject="published", found=told, wrong=lacking)


def _in_bucket(config: Config, count: int) -> Diagnosis:
    from scheduler.outlet import place_of  # noqa: PLC0415  # what publishes takes 100 ms to load

    try:
        is_there = place_of(config).read("manifest.json") is not None  # type: ignore[union-attr]  # a bucket, no folder
    except BaywireError as error:
        return Diagnosis(subject="published", found=str(error), wrong=True)
    lacking = count > 0 and not is_there
    told = f"{'a manifest' if is_there else 'nothing'} in {config.publish.target}"
    return Diagnosis(subject="published", found=told + (": type baywire publish" if lacking else ""), wrong=lacking)


def look_at_source(config: Config, source: Source, *, replay: str | None = None, now: datetime) -> Iterator[Diagnosis]:
    """Yield what there is to say of *source* and of its listing as it is now; nothing is changed."""
    with open_to_read(config) as store:
        state = store.source_state(source.key) or SourceState(key=source.key)
        seen = f"{state.state}, last good {_short(state.last_good)}, failures in a row {state.failures}"
        yield Diagnosis(subject="state", found=f"{seen}{': ' if state.reason else ''}{state.reason}")
        for run in store.runs(source.key, limit=3):
            said = f"{_short(run.ended)} {run.outcome}: {run.listed} listed"
            yield Diagnosis(subject="run", found=f"{said}, {run.reason}" if run.reason else said)
        for page in store.pages(source.key, limit=1, kind=PageKind.QUARANTINE):
            said = f"{_short(page.fetched_at)} {page.url}: {len(page.body)} bytes: {page.reason}"
            yield Diagnosis(subject="quarantine", found=said)
        asked = next((one.url for one in source.requests(now) if not one.form), "")
        if not asked:
            yield Diagnosis(subject="listing", found="cannot be fetched by itself: it is asked for by POST", wrong=True)
            return
        (fetched,) = fetch([asked], replay=replay, contact=config.crawl.contact, allow_private=source.allow_private)
        if fetched.reason:
            yield Diagnosis(subject="listing", found=f"{asked}: {fetched.reason}", wrong=True)
            return
        decoded = decode(fetched.body, fetched.content_type, fetched.url)
        sizes = f"{len(fetched.body)} bytes, {decoded.encoding}"
        told = f"{fetched.url}: status {fetched.status}, {fetched.content_type}, {sizes}"
        yield Diagnosis(subject="listing", found=told)
        yield from _judge(store, source, state, decoded.text, fetched.url)


def _short(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "never"


def _judge(store: Store, source: Source, state: SourceState, text: str, url: str) -> Iterator[Diagnosis]:
    """Yield what the rules of *source* find on its listing *text*, and what would find more."""
    rules = rules_digest(source)
    memory = Memory.read(state.learnt, rules=rules)
    listing = read_declared_listing(source, text, url)
    known = store.known(source.key, [item.url for item in listing.items])
    history = History(counts=tuple(memory.counts), known=known, addresses=memory.addresses)
    verdict = judge_listing(source, listing, text, history)
    believed = bool(listing.items) and verdict.outcome in (Judgement.NEW, Judgement.UNCHANGED)
    wall = "" if believed else what_wall(text)
    mend = Mend.read(state.learnt, rules=rules)
    repair = None if wall else _repair(store, source, mend, text, url, believed=believed)
    found = f"{len(listing.items)} releases, {len(known)} of them known{': ' if verdict.reason else ''}{verdict.reason}"
    yield Diagnosis(subject="releases", found=found, wrong=not believed or repair is not None)
    if wall:
        yield Diagnosis(subject="page", found=f"stands before the site: {wall}", wrong=True)
    if repair is not None:
        yield Diagnosis(subject="repair", found=repair.why, repair=repair)


def _repair(  # noqa: PLR0913 - what is known of the source, and the page
    store: Store, source: Source, mend: Mend | None, text: str, url: str, *, believed: bool
) -> Rewrite | None:
    """Return rules that read the page again, None where none are needed or there are none to trust."""
    changes: dict[str, Mapping[str, str]] = {}
    said: list[str] = []
    if not believed:
        heads = store.heads(store.newest(source=source.key, limit=_KNOWN)).values()
        if heads:
            known = [Known(url=head.url, title=head.title) for head in heads]
            mended = mend_listing(source, text, url, known)
            if isinstance(mended, Mended) and mended.changes:
                changes["listing"] = mended.changes
                said.append(mended.why)
        elif rules := _detected(source, text, url):
            changes["listing"] = rules
            said.append(f"nothing is known yet; {rules['links']} finds what looks like releases")
    if mend is not None and mend.votes:
        changes["release"] = {"body": ""}
        said.append("release pages are read by vote: the selector of their body finds nothing")
    return Rewrite(source=source, changes=changes, why="; ".join(said)) if changes else None


def _detected(source: Source, text: str, url: str) -> Mapping[str, str]:
    """Return rules for the list that detection finds, where nothing is known of a source; none where it finds none."""
    found = read_listing(text, url)
    if source.kind != "html" or "links" not in found.rules:
        return {}
    rules = {name: found.rules.get(name, "") for name in ("links", "title", "date")} | {"item": ""}
    mended = replace(source, listing=replace(source.listing, **rules))  # type: ignore[arg-type]  # strings only
    return rules if read_declared_listing(mended, text, url).items else {}
