"""Exchange with others: OPML out and in, releases out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

from crawler.address import host_of
from crawler.extract.address import zone_of
from crawler.source import ListingRules, ReleaseRules, Source, load_sources
from feeds.edition import Edition, editions
from feeds.error import ConfigError
from feeds.publish.listing import index_opml
from feeds.site import Site
from feeds.store import Store
from scheduler.add import key_for, write_source
from scheduler.config import Config
from scheduler.desk import load_rules
from scheduler.line import Line, release_line
from scheduler.outlet import site_of

__all__ = ["Imported", "feeds_of", "import_opml", "opml_of", "releases_of"]

_CHUNK = 200
_MOST = 10_000  # outlines of one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One feed of an OPML file: the *key*, if any, and *file* of its source, or the *reason* why none was written."""

    key: str
    url: str
    file: str = ""
    reason: str = ""


def opml_of(config: Config, store: Store) -> bytes:
    """Return every feed as OPML."""
    site = site_of(config)
    return index_opml(site, _plan(config, site, store))


def feeds_of(config: Config, store: Store) -> Iterator[Line]:
    """Yield every feed, with its address in each format."""
    site = site_of(config)
    for one in _plan(config, site, store):
        yield {
            "kind": "feed",
            "feed": one.key,
            "title": one.title,
            "language": one.language or None,
            "topic": one.topic,
            "source": one.source,
            "page": site.url(one.page),
            "urls": {form: site.url(f"feeds/{one.key}.{form}") for form in site.formats},
        }


def _plan(config: Config, site: Site, store: Store) -> Sequence[Edition]:
    _, topics = load_rules(config)
    return editions(site, topics.topics, store.newsrooms())


def releases_of(store: Store) -> Iterator[Line]:
    """Yield every release, newest first."""
    ids = store.newest(limit=store.count())
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        releases, tags = store.releases(some), store.tags(some)
        for id_ in some:
            yield release_line(releases[id_], (tag.topic for tag in tags.get(id_, ()) if tag.passed))


def import_opml(config: Config, text: bytes, *, name: Path, now: datetime, dry_run: bool) -> Iterator[Imported]:
    """Write a source for each feed of the OPML *text* of *name*; yield what came of each. ConfigError for no OPML."""
    sources = load_sources(*config.sources.folders)
    known = {source.listing.url: key for key, source in sources.items()}
    taken = set(sources)
    for url, title in _outlines(text, name):
        if not (url.startswith(("http://", "https://")) and host_of(url)):
            yield Imported(key="", url=url, reason="is no address that starts with http:// or https://")
            continue
        if url in known:
            yield Imported(key=known[url], url=url, reason="is there already")
            continue
        key = _free(key_for(url, ""), taken)
        known[url] = key
        taken.add(key)
        source = Source(
            key=key,
            title=title or host_of(url),
            site=url,
            zone=zone_of(url) or "UTC",
            kind="feed",
            hosts=(host_of(url),),
            listing=ListingRules(url=url),
            release=ReleaseRules(fetch=False),
        )
        file = "" if dry_run else str(write_source(config.directory / "sources.d", source, now=now))
        yield Imported(key=key, url=url, file=file)


def _free(key: str, taken: set[str]) -> str:
    number, found = 2, key
    while found in taken:
        found, number = f"{key}-{number}", number + 1
    return found


def _outlines(text: bytes, name: Path) -> Iterator[tuple[str, str]]:
    """Yield address and title of each feed in OPML *text*. Declarations of entities are refused."""
    found: list[tuple[str, str]] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        url = attributes.get("xmlUrl", "").strip()
        if element == "outline" and len(found) < _MOST and url:
            title = attributes.get("title") or attributes.get("text") or ""
            found.append((url, " ".join(title.split())[:200]))

    def refuse(*_: object) -> None:
        raise ConfigError(f"{name}: declares entities: expected none")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)  # noqa: FBT003  # "this is all there is", as expat has it
    except expat.ExpatError as error:
        raise ConfigError(f"{name}: is no OPML: {error}") from None
    yield from dict(reversed(found)).items()
