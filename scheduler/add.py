"""Find out how to read a newsroom from its address, try that, and write it down as a source."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from crawler.address import host_of
from crawler.batch import Fetched
from crawler.describe import Sample, describe_release
from crawler.extract import Item, Listing, NotARelease, read_declared_release
from crawler.normalise import decode
from crawler.paging import with_next
from crawler.run import fetch
from crawler.source import Source, load_sources
from feeds.error import ConfigError
from feeds.release import Draft
from scheduler.scout import Get, Scout

__all__ = ["Finding", "check_key", "find_out", "key_for", "source_toml", "write_source"]

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGES = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans", "pt": "pt"}
_SAMPLES = 3
_DELAY_S = 1.0
_DULL = frozenset(["www", "com", "org", "net", "gov", "edu", "co"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at an address: the *source* that reads it, its *listing*, the first releases as *drafts*.

    *notes* are what an operator should know: that the site has a feed, that its list is elsewhere.
    """

    source: Source
    listing: Listing
    drafts: tuple[Draft, ...]
    notes: tuple[str, ...] = ()


def find_out(  # noqa: PLR0913  # what a fetch is told, by name
    url: str,
    *,
    name: str = "",
    replay: str | None = None,
    contact: str = "",
    allow_private: bool = False,
    now: datetime,
    get: Get | None = None,
    tell: Callable[[str], object] = str,
) -> Finding:
    """Return how to read the newsroom at *url*, or near it; SourceError where nothing is listed there.

    A feed is read as a feed, JSON by paths, a page by what it repeats; a plain home page
    leads to the feed, the interface, the sitemap or the page of news that it names. What
    is declared is tried before it is returned. *get* fetches, in place of a crawl's child;
    *tell* is told of each address before it is asked.
    """
    began = False

    def fetched(urls: Sequence[str]) -> Sequence[Fetched]:
        nonlocal began
        if began and replay is None:
            time.sleep(_DELAY_S)  # each fetch is a child of its own, that knows nothing of the one before
        began = True
        for one in urls if replay is None else ():  # recorded pages are there at once
            tell(f"asking {one}")
        return fetch(urls, replay=replay, contact=contact, allow_private=allow_private)

    scout = Scout(get=get or fetched, name=name or "new", allow_private=allow_private)
    place = scout.find(url)
    source = place.source
    samples = _samples(source, place.listing, scout.get, now)
    drafts = [sample.draft for sample in samples]
    languages = Counter(draft.language for draft in drafts if draft.language in _LANGUAGES)
    if languages:
        source = replace(source, language=languages.most_common(1)[0][0])
    if source.release.fetch and not source.release.body and (rules := describe_release(source, samples)) is not None:
        source = replace(source, release=rules)
    if drafts and source.release.fetch and not source.release.body:
        scout.notes.append("no selectors hold for its releases: their bodies are found by vote; see preview --explain")
    if not drafts:
        scout.notes.append("none of its first releases could be read: see baywire preview")
    scout.notes += _doubts(source, place.listing, now)
    source, told = with_next(source, place.text, place.listing, scout.get)
    scout.notes += [told] if told else []
    if source.zone == "UTC" and source.kind == "html":
        scout.notes.append("its time zone is not known by its address: days are taken as UTC; say it by time-zone")
    source = replace(source, site=scout.home(place, url), title=scout.called(place) or source.title)
    if not name:
        source = replace(source, key=key_for(source.listing.url, source.language))
    return Finding(
        source=source,
        listing=place.listing,
        drafts=tuple(replace(one, source=source.key) for one in drafts),
        notes=tuple(scout.notes),
    )


def _doubts(source: Source, listing: Listing, now: datetime) -> Iterator[str]:
    """Yield what of *listing* to look at: that no selectors hold for it, that days of it lie in the future."""
    if source.kind == "html" and not source.listing.links:
        yield "no selectors hold for its list: it is found anew each time, by what repeats"
    latest = (now + timedelta(days=1)).date().isoformat()  # where the newsroom is it may be tomorrow already
    if ahead := sum((item.date or "")[:10] > latest for item in listing.items):
        yield f"{ahead} of its days lie in the future: are they days of events? see baywire preview, and date"


def check_key(key: str, taken: Collection[str] = ()) -> None:
    """Raise ConfigError where a new source cannot be called *key*: it is no key, or one of those *taken*.

    >>> check_key("hk-dpo-en", ["hk-dpo-zh"])
    """
    if not _KEY.fullmatch(key):
        raise ConfigError(f"--name: {key}: expected small letters, digits and single hyphens")
    if key in taken:
        raise ConfigError(f"{key}: there is such a source already: choose another key with --name")


def _samples(source: Source, listing: Listing, get: Get, now: datetime) -> tuple[Sample, ...]:
    """Return the first releases of *listing*, those that can be had and read."""
    items = listing.items[:_SAMPLES]
    pages: Sequence[Fetched | None] = get([item.url for item in items]) if source.release.fetch else [None] * len(items)
    found: list[Sample] = []
    for item, page in zip(items, pages, strict=True):
        if page is not None and page.reason:
            continue
        found += _sample(source, item, page, now)
    return tuple(found)


def _sample(source: Source, item: Item, page: Fetched | None, now: datetime) -> Sequence[Sample]:
    text = decode(page.body, page.content_type, page.url).text if page is not None else ""
    url = page.url if page is not None else item.url
    draft = read_declared_release(source, text, url, item=item, seen=now)
    return [] if isinstance(draft, NotARelease) else [Sample(url=url, text=text, item=item, draft=draft)]


def key_for(url: str, language: str) -> str:
    """Return a key for the newsroom at *url* in *language*: what tells its address from others.

    >>> key_for("https://www.digitalpolicy.gov.hk/en/news/press/", "en")
    'hk-digitalpolicy-en'
    """
    labels = [label for label in host_of(url).split(".") if label not in _DULL]
    place = labels.pop() if len(labels) > 1 and len(labels[-1]) == 2 else ""
    tongue = {"zh-Hant": "zh", "zh-Hans": "zh-hans"}.get(language, language if language in _LANGUAGES else "")
    words = [place, *labels, tongue]
    return "-".join(word for word in re.findall(r"[a-z0-9]+", "-".join(words).lower())) or "source"


def source_toml(source: Source, *, now: datetime) -> str:
    """Return *source* as the text of its file."""
    lines = [
        f"# Found by baywire add on {now.date().isoformat()}. Try it: baywire preview {source.key}",
        f"title     = {_quoted(source.title)}",
        f"site      = {_quoted(source.site)}",
        'status    = "unproven"',
        f'evidence  = "found by itself on {now.date().isoformat()}"',
    ]
    if source.preset:
        lines.append(f"preset    = {_quoted(source.preset)}")
    elif source.kind != "html":
        lines.append(f"kind      = {_quoted(source.kind)}")
    if source.language in _LANGUAGES:
        lines.append(f"language  = {_quoted(_LANGUAGES[source.language])}")
    lines += [
        f"time-zone = {_quoted(source.zone)}",
        'every     = "15m"',
        f"hosts     = [{', '.join(_quoted(host) for host in source.hosts)}]",
    ]
    if source.allow_private:
        lines.append("allow-private = true")
    return "\n".join([*lines, "", *_listing(source), *_release(source), ""])


def _listing(source: Source) -> list[str]:
    rules = source.listing
    lines = ["[listing]", f"url   = {_quoted(rules.url)}"]
    if source.preset:
        return lines
    said = {name: getattr(rules, name) for name in ("links", "title", "date", "next", "match")}
    lines += [f"{name:5} = {_quoted(value)}" for name, value in said.items() if value]
    if (counted := rules.numbered) is not None:
        place = f"query = {_quoted(counted.query)}" if counted.query else f"url = {_quoted(counted.url)}"
        step = f", step = {counted.step}" if counted.step != 1 else ""
        lines.append(f"next  = {{ {place}, second = {counted.second}{step} }}")
    if rules.fields:
        lines.append(f"fields = {_inline(rules.fields)}")
    return lines


def _release(source: Source) -> list[str]:
    rules = source.release
    if source.preset:
        return []
    lines = []
    if source.kind == "feed" and rules.fetch:
        lines.append("fetch = true  # the feed has teasers only")
    if source.kind == "json" and not rules.fetch:
        lines.append("fetch = false  # the list carries the whole text")
    if rules.metas:
        lines.append("metas = true  # ArticleTitle, PubDate, ContentSource before selectors")
    lines += [f"{name:5} = {_quoted(value)}" for name in ("title", "body") if (value := getattr(rules, name))]
    if rules.published is not None:
        lines.append(f"published = {_quoted(rules.published.css)}")
    return ["", "[release]", *lines] if lines else []


def _inline(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {_quoted(value)}" for name, value in values.items()) + " }"


def write_source(folder: Path, source: Source, *, now: datetime) -> Path:
    """Write *source* into *folder*, which is made; ConfigError where there is such a file, or it would not be read."""
    check_key(source.key)
    path = folder / f"{source.key}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(source_toml(source, now=now))
        load_sources(folder, use=[source.key])
    except FileExistsError:
        raise ConfigError(f"{path}: is there already: choose another key with --name, or delete it") from None
    except ConfigError:
        path.unlink()
        raise
    except OSError as error:
        with suppress(OSError):
            path.unlink()  # half a file would keep every verb from its work
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _quoted(text: str) -> str:
    """Return *text* as a basic string of TOML, which JSON's is a form of."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
