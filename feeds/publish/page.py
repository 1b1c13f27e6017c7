"""Pages: the HTML twin of every feed, a page for every release, and what leads to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feeds.edition import Edition, Placed
from feeds.publish.book import Book, signature
from feeds.publish.feed import feed_path
from feeds.publish.fragments import Fragments
from feeds.publish.outbox import Outbox
from feeds.render import html
from feeds.render.model import Entry, instant
from feeds.render.words import Words, words
from feeds.site import MEDIA_TYPES, Site, slug

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import SourceState, Store
    from feeds.topic import Topics

__all__ = ["Pages"]

_LABELS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
_ON_INDEX, _ON_PAGE = 20, 50
_WRONG = frozenset({"suspicious", "failing", "blocked", "gone"})


class Pages:
    """Writes the pages of one publication."""

    def __init__(  # noqa: PLR0913 -- the parts of one publication
        self,
        store: Store,
        site: Site,
        topics: Topics,
        *,
        outbox: Outbox,
        book: Book,
        fragments: Fragments,
        editions: Sequence[Edition],
    ) -> None:
        """Write the pages of *site*."""
        self._site = site
        self._topics = topics
        self._outbox = outbox
        self._book = book
        self._fragments = fragments
        self._editions = editions
        self._newsrooms = store.newsrooms()
        self._states = [state for state in store.source_states() if state.configured]
        self._latest: dict[str, Placed] = {}
        self._indexes: dict[str, tuple[Edition, tuple[Placed, ...]]] = {}

    def edition(self, edition: Edition, placed: Sequence[Placed]) -> None:
        """Write the twin of *edition*, which holds *placed*; those of everything are the index, written last."""
        if placed:
            self._latest[edition.key] = placed[0]
        if edition.key.startswith("all"):
            self._indexes[edition.key] = (edition, tuple(placed))
            return
        shown = placed[:_ON_PAGE]
        marks = self._fragments.marks(shown)
        told = self._shared(edition)
        path = f"{edition.page}index.html"
        sign = signature(html.VERSION, marks, told, self._site)
        if self._book.is_current(path, sign):
            return
        told |= {"items": self._items(shown), "months": ()}
        self._put(path, html.page("edition.html", **told), sign)

    def rest(self, corrections: Sequence[Entry], events: Sequence[Entry]) -> None:
        """Write everything but releases."""
        for edition, placed in self._indexes.values():
            self._index(edition, placed)
        self._lists()
        self._corrections(corrections)
        self._status(events)
        self._subscribe()
        self._plain("404.html", "list.html", words("en").not_found, heading=words("en").not_found, groups=[])
        for name, file in html.ASSETS.items():
            body = file.read_bytes()
            self._put(name, body, signature(body))

    def _index(self, edition: Edition, placed: Sequence[Placed]) -> None:
        say = words(edition.speaks)
        path = f"{edition.page}index.html"
        cards = [self._card(one, say) for one in self._editions if one.language == edition.language and _is_card(one)]
        if edition.language:
            cards += [self._card(one, say) for one in self._editions if one.where]
        shown = placed[:_ON_INDEX]
        marks = self._fragments.marks(shown)
        told = self._shared(edition)
        told |= {"cards": cards, "health": self._health(say), "sources": self._sources(say)}
        sign = signature(html.VERSION, marks, told, self._site)
        if self._book.is_current(path, sign):
            return
        self._put(path, html.page("index.html", **told, items=self._items(shown)), sign)

    def _lists(self) -> None:
        say = words("en")
        topics = [self._card(one, say, with_languages=True) for one in self._editions if one.topic and not one.language]
        named = [self._card(one, say) for one in self._editions if one.where]
        groups = [{"title": "", "cards": topics}] + ([{"title": say.combinations, "cards": named}] if named else [])
        self._plain("topics/", "list.html", say.topics, heading=say.topics, groups=groups)
        sources = [self._card(one, say) for one in self._editions if one.source]
        groups = [{"title": "", "cards": sources}] if sources else []
        self._plain("sources/", "list.html", say.sources, heading=say.sources, groups=groups)

    def _corrections(self, entries: Sequence[Entry]) -> None:
        say = words("en")
        shown = [
            {
                "language": entry.language or "und",
                "url": entry.url.replace(self._site.base_url, html.root_of(self._site), 1),
                "title": entry.title,
                "published": instant(entry.published),
                "when": words(entry.language).moment(entry.published),
                "author": entry.author,
                "changes": entry.html,
            }
            for entry in entries
        ]
        told = self._notice("corrections", self._site.formats, say.corrections)
        self._plain("corrections/", "corrections.html", say.corrections_about, corrections=shown, **told)

    def _status(self, entries: Sequence[Entry]) -> None:
        say = words("en")
        events = [
            {
                "at": instant(entry.published),
                "when": say.moment(entry.published) + " UTC",
                "language": "en",
                "title": self._title(str(entry.more["source"])),
                "state": entry.more["state"],
                "says": getattr(say, str(entry.more["state"])),
                "reason": entry.more["reason"],
            }
            for entry in entries[:_ON_INDEX]
        ]
        health = self._health(say) or {"good": True, "text": say.status_none}
        told = self._notice("status", ("atom", "json"), say.status)
        told |= {"sources": self._sources(say), "events": events, "health": health}
        self._plain("status/", "status.html", say.status_about, **told)

    def _subscribe(self) -> None:
        by_language = {one.language: one for one in self._editions if one.key.startswith("all")}
        for language, edition in by_language.items():
            if not language:
                continue
            say = words(language)
            path = "subscribe/" if language == "en" else f"subscribe/{slug(language)}/"
            root = html.root_of(self._site)
            others = [
                {
                    "tag": other,
                    "name": words(other).language,
                    "here": other == language,
                    "href": root + ("subscribe/" if other == "en" else f"subscribe/{slug(other)}/"),
                    "url": self._site.url("subscribe/" if other == "en" else f"subscribe/{slug(other)}/"),
                }
                for other in by_language
                if other
            ]
            minutes = max(1, min((one.every_s for one in self._newsrooms.values()), default=900) // 60)
            told = self._shared(edition) | {
                "path": path,
                "title": say.subscribe_page,
                "about": say.subscribe_what,
                "others": others,
                "steps": say.steps("subscribe_steps"),
                "often": say.subscribe_often.format(minutes=minutes),
            }
            self._page(f"{path}index.html", "subscribe.html", told)

    def _plain(self, path: str, template: str, about: str, **told: Any) -> None:  # noqa: ANN401 -- a template's words
        """Write a page that speaks English and is made whole each time something on it changes."""
        file = path if path.endswith(".html") else f"{path}index.html"
        shared: dict[str, Any] = {"language": "en", "path": path, "about": about, "site": self._site}
        shared |= {"title": told.get("heading", about)}
        self._page(file, template, shared | told)

    def _page(self, file: str, template: str, told: Mapping[str, Any]) -> None:
        sign = signature(html.VERSION, template, told)
        if not self._book.is_current(file, sign):
            self._put(file, html.page(template, **told), sign)

    def _put(self, path: str, body: bytes, sign: str) -> None:
        self._outbox.put(path, body)
        self._book.note(path, sign)

    def _items(self, placed: Sequence[Placed]) -> str:
        found = self._fragments.get(placed, "html")
        return "\n".join(found[one.head.id].plain.decode() for one in placed if one.head.id in found)

    def _shared(self, edition: Edition) -> dict[str, Any]:
        feeds = self._feeds(edition.key, self._site.formats, edition.title, edition.language)
        return {
            "site": self._site,
            "language": edition.speaks,
            "path": edition.page,
            "title": edition.title,
            "heading": self._heading(edition),
            "about": edition.about,
            "feeds": feeds,
            "autodiscovery": feeds,
            "others": self._others(edition),
            "code": self._code(edition.key, self._site.formats),
        }

    def _notice(self, key: str, formats: Sequence[str], title: str) -> dict[str, Any]:
        feeds = self._feeds(key, formats, f"{title} · {self._site.title}", "")
        return {
            "heading": title,
            "feeds": feeds,
            "autodiscovery": feeds,
            "code": self._code(key, formats),
        }

    def _feeds(self, key: str, formats: Sequence[str], title: str, language: str) -> list[dict[str, str]]:
        return [
            {
                "label": _LABELS[form],
                "type": MEDIA_TYPES[form],
                "url": self._site.url(feed_path(key, form)),
                "title": title,
                "language": language,
            }
            for form in formats
        ]

    def _code(self, key: str, formats: Sequence[str]) -> str:
        """Return the address that the page's code is of."""
        return self._site.url(feed_path(key, formats[0]))

    def _heading(self, edition: Edition) -> str:
        topic = next((topic for topic in self._topics.topics if topic.key == edition.topic), None)
        return topic.name(edition.speaks) if topic else edition.title

    def _others(self, edition: Edition) -> list[dict[str, object]]:
        """Return the same page in other languages, itself among them."""
        family = [
            one
            for one in self._editions
            if edition.source is None
            and not edition.where
            and one.topic == edition.topic
            and not one.source
            and not one.where
        ]
        root = html.root_of(self._site)
        return [
            {
                "tag": one.language,
                "name": words(one.language).language if one.language else words(edition.speaks).every_language,
                "here": one.key == edition.key,
                "href": root + one.page,
                "url": self._site.url(one.page),
            }
            for one in family
        ]

    def _card(self, edition: Edition, say: Words, *, with_languages: bool = False) -> dict[str, object]:
        latest = self._latest.get(edition.key)
        return {
            "url": html.root_of(self._site) + edition.page,
            "name": self._heading(edition),
            "about": edition.about,
            "language": edition.language if edition.source else "",
            "latest": latest.head.title if latest else "",
            "latest_language": latest.head.language if latest else say.tag,
            "feeds": self._feeds(edition.key, self._site.formats, edition.title, edition.language),
            "languages": [other for other in self._others(edition) if other["tag"]] if with_languages else [],
        }

    def _sources(self, say: Words) -> list[dict[str, str]]:
        return [
            {
                "url": f"{html.root_of(self._site)}sources/{state.key}/",
                "title": self._title(state.key),
                "language": self._newsrooms[state.key].language or "und",
                "state": str(state.state),
                "says": getattr(say, str(state.state)),
                "since": say.status_since.format(moment=f"{say.moment(state.since)} UTC") if state.since else "",
                "reason": state.reason if str(state.state) in _WRONG else "",
            }
            for state in self._states
        ]

    def _title(self, source: str) -> str:
        newsroom = self._newsrooms.get(source)
        return newsroom.title if newsroom and newsroom.title else source

    def _health(self, say: Words) -> dict[str, object] | None:
        read = [state for state in self._states if str(state.state) not in {"pending", "disabled"}]
        bad = [state for state in read if _is_bad(state)]
        if not read:
            return None
        text = say.status_bad.format(bad=len(bad), count=len(read)) if bad else say.status_ok.format(count=len(read))
        return {"good": not bad, "text": text}


def _is_bad(state: SourceState) -> bool:
    return str(state.state) in _WRONG


def _is_card(edition: Edition) -> bool:
    return edition.topic is not None or bool(edition.where)
