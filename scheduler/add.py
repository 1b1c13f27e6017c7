"""Find out how to read a newsroom from the address of its list, and write that down as a source."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from crawler.address import host_of
from crawler.extract import Listing, NotARelease, read_declared_listing, read_declared_release, read_listing
from crawler.extract.address import zone_of
from crawler.normalise import decode
from crawler.run import fetch
from crawler.source import ListingRules, ReleaseRules, Source, load_sources
from feeds.error import ConfigError, SourceError
from feeds.release import Draft
from scheduler.preview import Page

__all__ = ["Finding", "find_out", "key_for", "source_toml", "write_source"]

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGES = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans", "pt": "pt"}
_SAMPLES = 3
_TEASER = 400  # characters of HTML
_DULL = frozenset(["www", "com", "org", "net", "gov", "edu", "co"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at an address: the *source* that reads it, its *listing*, the first releases as *drafts*."""

    source: Source
    listing: Listing
    drafts: tuple[Draft, ...]


Get = Callable[[Sequence[str]], Sequence[Page]]


def find_out(  # noqa: PLR0913  # what a fetch is told, by name
    url: str,
    *,
    name: str = "",
    replay: str | None = None,
    contact: str = "",
    allow_private: bool = False,
    now: datetime,
) -> Finding:
    """Return how to read the newsroom that lists its releases at *url*; SourceError where nothing is listed there.

    A feed is read as a feed; a page by what it repeats, and where that finds nothing by
    the feed that the page announces. What is declared is tried before it is returned.
    """

    def get(urls: Sequence[str]) -> Sequence[Page]:
        pages = fetch(urls, replay=replay, contact=contact, allow_private=allow_private)
        for page in pages:
            if page.reason:
                raise SourceError(f"{page.asked}: {page.reason}")
        return [Page(url=page.url, text=decode(page.body, page.content_type, page.url).text) for page in pages]

    (page,) = get([url])
    listing = read_listing(page.text, page.url)
    if not listing.items and listing.feeds:
        (page,) = get(listing.feeds[:1])
        listing = read_listing(page.text, page.url)
    if not listing.items:
        raise SourceError(
            f"{url}: lists no releases: {listing.reason or 'expected a page with links to them, or a feed'}"
        )
    source = _declare(page, listing, name=name, allow_private=allow_private)
    drafts = tuple(_drafts(source, listing, get, now))
    languages = Counter(draft.language for draft in drafts if draft.language in _LANGUAGES)
    if languages:
        source = replace(source, language=languages.most_common(1)[0][0])
    if not name:
        source = replace(source, key=key_for(page.url, source.language))
    return Finding(source=source, listing=listing, drafts=tuple(replace(one, source=source.key) for one in drafts))


def _declare(page: Page, listing: Listing, *, name: str, allow_private: bool) -> Source:
    """Return the source that reads *listing* on *page* again, with selectors only if they find the same."""
    host = host_of(page.url)
    others = dict.fromkeys(host_of(item.url) for item in listing.items)
    source = Source(
        key=name or "new",
        title=host.removeprefix("www."),
        site=page.url,
        zone=zone_of(page.url) or "UTC",
        kind="feed" if listing.via == "feed" else "html",
        listing=ListingRules(url=page.url),
        hosts=tuple(dict.fromkeys([host, *(other for other in others if other)])),
        allow_private=allow_private,
        release=ReleaseRules(fetch=listing.via != "feed" or not _carries_whole(listing)),
    )
    rules = listing.rules
    if source.kind == "feed" or "links" not in rules:
        return source
    declared = replace(
        source,
        listing=ListingRules(
            url=page.url,
            links=rules["links"],
            title=rules.get("title", ""),
            date=rules.get("date", ""),
            next=rules.get("next", ""),
        ),
    )
    try:
        again = read_declared_listing(declared, page.text, page.url)
    except ValueError:
        return source
    same = {item.url for item in again.items} == {item.url for item in listing.items}
    return declared if same else source


def _carries_whole(listing: Listing) -> bool:
    """Return whether the feed carries whole texts: half of its items have one that is no mere teaser."""
    texts = [item.draft_fields.html if item.draft_fields else "" for item in listing.items]
    return 2 * sum(len(text) >= _TEASER for text in texts) >= len(texts)


def _drafts(source: Source, listing: Listing, get: Get, now: datetime) -> Iterator[Draft]:
    """Yield the first releases of *listing*, those that can be read."""
    items = listing.items[:_SAMPLES]
    pages = [page.text for page in get([item.url for item in items])] if source.release.fetch else [""] * len(items)
    for item, text in zip(items, pages, strict=True):
        found = read_declared_release(source, text, item.url, item=item, seen=now)
        if not isinstance(found, NotARelease):
            yield found


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
    if source.kind != "html":
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
    lines += ["", "[listing]", f"url   = {_quoted(source.listing.url)}"]
    for name in ("links", "title", "date", "next"):
        if value := getattr(source.listing, name):
            lines.append(f"{name:5} = {_quoted(value)}")
    if source.kind == "feed" and source.release.fetch:
        lines += ["", "[release]", "fetch = true  # the feed has teasers only"]
    return "\n".join([*lines, ""])


def write_source(folder: Path, source: Source, *, now: datetime) -> Path:
    """Write *source* into *folder*, which is made; ConfigError where there is such a file, or it would not be read."""
    if not _KEY.fullmatch(source.key):
        raise ConfigError(f"--name: {source.key}: expected small letters, digits and single hyphens")
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
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _quoted(text: str) -> str:
    """Return *text* as a basic string of TOML, which JSON's is a form of."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
