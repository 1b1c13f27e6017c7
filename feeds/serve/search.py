"""Search: the one page made on request, bounded in what it may cost; its results are a feed too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from feeds.edition import Named, Placed
from feeds.error import SearchError
from feeds.release import Newsroom
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import Also, Label, entry_of
from feeds.render.fragment import Rendered, join
from feeds.render.model import Entry, Feed, newest_update
from feeds.render.words import Words, words
from feeds.serve.answer import Answer
from feeds.serve.finding import Results, find
from feeds.serve.query import LAST_PAGE, Query, read_query
from feeds.serve.reply import BRIEFLY, NO_STORE, Header
from feeds.site import LABELS, LANGUAGES, MEDIA_TYPES, Site

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Search"]

_AT_ONCE = 4  # searches; whoever comes when they are all busy is told to come back
_WAITING = 16
_PAGE = 25
_EXAMPLE = {"topic": "ai", "source": "hk-gia-en"}
_BUSY = ((b"retry-after", b"5"), NO_STORE)
# What asks too much once asks it again: whoever repeats it by itself is to come back when more is known, or never.
_LATER = ((b"retry-after", b"3600"), NO_STORE)


class _Writer(Protocol):
    """What writes feeds of one format."""

    def head(self, feed: Feed) -> Rendered: ...

    def entry(self, told: Entry) -> bytes: ...


_WRITERS: dict[str, _Writer] = {"atom": atom, "rss": rss, "json": json_feed}


class Search:
    """Answers searches of *store*; made once, used from one event loop."""

    def __init__(
        self, store: Store, site: Site, topics: Iterable[Named], *, within: timedelta = timedelta(seconds=5)
    ) -> None:
        """Search *store*; *topics* are those that a query may name, and none takes longer than *within*."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics}
        self._within = within
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def answer(self, form: str, query: str, accept_language: str) -> Answer:
        """Return what the query string *query* finds, as "html" or "atom"."""
        if self._waiting >= _WAITING:
            return _told(
                503, "Too many searches at once: try again in a few seconds.", (b"retry-after", b"5"), NO_STORE
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self.find, form, query, accept_language)
        finally:
            self._waiting -= 1

    def find(self, form: str, query: str, accept_language: str = "") -> Answer:
        """Return the same, at once; *form* is "html" or that of a feed."""
        newsrooms = self._store.newsrooms()
        asked = read_query(query, topics=self._topics, sources=newsrooms)
        say = words(_preferred(accept_language))
        try:
            start = (asked.page - 1) * _PAGE
            found = find(self._store, asked, limit=_PAGE, offset=start, within=self._within)
        except SearchError:
            if form != "html":
                return _told(503, say.search_slow, *_LATER)
            page = self._page(asked, Results(), (), say, hint=self._hint(newsrooms, say), trouble=say.search_slow)
            return replace(page, status=503, headers=_LATER)
        if asked.problem and form != "html":
            return _told(400, asked.problem)
        entries = self._entries(found.placed, newsrooms)
        if form != "html":
            return self._feed(form, asked, found, entries)
        return self._page(asked, found, entries, say, hint=self._hint(newsrooms, say))

    def _entries(self, placed: Sequence[Placed], newsrooms: Mapping[str, Newsroom]) -> tuple[Entry, ...]:
        def newsroom(key: str) -> Newsroom:
            return newsrooms.get(key) or Newsroom(key=key, title=key)

        told = {one.head.id: one for one in placed}
        return tuple(
            entry_of(
                release,
                newsroom(release.source),
                self._site,
                [
                    Label(key, self._topics[key].name(release.language))
                    for key in told[release.id].head.topics
                    if key in self._topics
                ],
                [Also(title=newsroom(one.source).title, url=one.url, id=one.id) for one in told[release.id].also],
            )
            for release in self._store.releases(list(told)).values()
        )

    def _feed(self, form: str, asked: Query, found: Results, entries: Sequence[Entry]) -> Answer:
        say = words(asked.language or "en")
        write = _WRITERS[form]
        kept = []
        for entry in entries:
            with contextlib.suppress(ValueError):  # in quarantine everywhere; the publication says why
                kept.append((entry, write.entry(entry)))
        feed = Feed(
            id=self._site.tag(f"search/{urlencode({'q': asked.text})}"),
            title=f"{say.search}: {asked.text} · {self._site.title}",
            about=say.search_label,
            address=self._address(form, asked, asked.page),
            page=self._site.url("search?" + urlencode({"q": asked.text})),
            updated=newest_update(tuple(entry for entry, _ in kept)),
            language=say.tag,
            mixed=True,
            author=self._site.title,
            author_url=self._site.base_url,
            icon=self._site.url("icon.svg"),
            previous=self._address(form, asked, asked.page + 1) if form == "json" and _goes_on(asked, found) else "",
        )
        body = join(write.head(feed), [fragment for _, fragment in kept])
        media = MEDIA_TYPES[form]
        kind = media if form == "json" else f"{media}; charset=utf-8"
        return Answer(status=200, type=kind, body=body, headers=(BRIEFLY,))

    def _address(self, form: str, asked: Query, page: int) -> str:
        more = {"page": page} if page > 1 else {}
        return self._site.url(f"search.{form}?" + urlencode({"q": asked.text, **more}))

    def _hint(self, newsrooms: Mapping[str, Newsroom], say: Words) -> str:
        """Return how to narrow a search, by a topic and a source that there are: one in the language of the page."""
        near = [key for key, newsroom in newsrooms.items() if newsroom.language.lower() == say.tag.lower()]
        source = next(iter([*near, *newsrooms]), _EXAMPLE["source"])
        topic = _EXAMPLE["topic"] if _EXAMPLE["topic"] in self._topics else next(iter(self._topics), _EXAMPLE["topic"])
        return say.search_hint.format(source=source, topic=topic)

    def _page(  # noqa: PLR0913 -- what a page of results says
        self, asked: Query, found: Results, entries: Sequence[Entry], say: Words, *, hint: str, trouble: str = ""
    ) -> Answer:
        root = html.root_of(self._site)
        count = say.search_many if found.more else say.search_found
        told = count.format(count=found.total) if found.total else say.search_none
        trouble = f"{say.search_bad}: {asked.problem}" if asked.problem else trouble
        answered = not (asked.is_empty or trouble)
        items = "\n".join(html.item(entry, self._site).decode() for entry in entries)
        feeds = [
            {
                "type": MEDIA_TYPES[form],
                "label": LABELS[form],
                "title": f"{say.search}: {asked.text}",
                "url": self._address(form, asked, 1),
                "language": "",
            }
            for form in _WRITERS
        ]
        body = html.page(
            "search.html",
            site=self._site,
            language=say.tag,
            path="search",
            title=f"{asked.text} · {say.search}" if asked.text else say.search,
            about=say.search_label,
            asked=asked.text,
            hint=hint,
            problem=trouble,
            found=told if answered else "",
            items=items,
            feeds=feeds if answered else (),
            autodiscovery=feeds if answered else (),
            newer=_turned(root, asked, -1) if asked.page > 1 else "",
            older=_turned(root, asked, 1) if _goes_on(asked, found) else "",
        )
        status = 400 if asked.problem else 200
        return Answer(status=status, type="text/html; charset=utf-8", body=body, headers=(BRIEFLY,))


def _told(status: int, text: str, *headers: Header) -> Answer:
    return Answer(status=status, type="text/plain; charset=utf-8", body=f"{text}\n".encode(), headers=headers)


def _goes_on(asked: Query, found: Results) -> bool:
    return found.goes_on and asked.page < LAST_PAGE


def _turned(root: str, asked: Query, step: int) -> str:
    return f"{root}search?" + urlencode({"q": asked.text, "page": asked.page + step})


def _preferred(accept_language: str) -> str:
    """Return the language a browser asks for first, of those we speak.

    >>> [_preferred(text) for text in ("zh-TW,zh;q=0.9", "zh-CN", "pt-BR,en;q=0.5", "fr", "")]
    ['zh-Hant', 'zh-Hans', 'pt', 'en', 'en']
    """
    for part in accept_language[:200].split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-Hant" if any(mark in tag for mark in ("hant", "tw", "hk", "mo")) else "zh-Hans"
        for known in LANGUAGES:
            if tag.partition("-")[0] == known:
                return known
    return "en"
