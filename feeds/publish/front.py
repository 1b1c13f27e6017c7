"""Pages without releases: lists of topics and sources, corrections, status, how to subscribe; and what pages need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from feeds.edition import Edition
from feeds.publish.book import Book, signature
from feeds.publish.outbox import Outbox
from feeds.publish.shown import Shown
from feeds.render import html
from feeds.render.cut import cut
from feeds.render.model import Entry, instant
from feeds.render.words import words
from feeds.site import slug

__all__ = ["Front"]

_ON_STATUS = 20
_CARDS, _STATES = 80, 120  # sources on one page of their list, on one of the status: less than 100 kB each
_CHANGES = 70_000  # bytes of what corrections changed, on their page
_Item = TypeVar("_Item")


class Front:
    """Writes what leads a person to the feeds."""

    def __init__(self, shown: Shown, editions: Sequence[Edition], *, outbox: Outbox, book: Book) -> None:
        """Write what is *shown* of *editions*."""
        self._shown = shown
        self._site = shown.site
        self._editions = editions
        self._outbox = outbox
        self._book = book

    def fixed(self, *, same: bool) -> None:
        """Write what settings alone decide, unless they are the *same*: lists, how to subscribe, sheet and signs."""
        if same and self._book.is_intact("/"):
            self._book.keep("/")
            return
        self._book.open("/")
        self._lists()
        self._subscribe()
        self._plain("/", "404.html", "404.html", words("en").not_found)
        for name, file in html.ASSETS.items():
            body = file.read_bytes()
            self._put("/", name, body, signature(body))

    def corrections(self, entries: Sequence[Entry] | None) -> None:
        """Write the page of corrections; None where its leaf of the book was kept."""
        if entries is None:
            return
        say = words("en")
        most = _CHANGES // max(1, len(entries))
        shown = [
            {
                "language": entry.language or "und",
                "url": entry.url.replace(self._site.base_url, html.root_of(self._site), 1),
                "title": entry.title,
                "published": instant(entry.published),
                "when": words(entry.language).stated(entry.published),
                "author": entry.author,
                "changes": cut(entry.html, most),
            }
            for entry in entries
        ]
        told = self._shown.notice("corrections", self._site.formats, say.corrections)
        self._plain(
            "/corrections", "corrections/", "corrections.html", say.corrections_about, corrections=shown, **told
        )

    def status(self, entries: Sequence[Entry]) -> None:
        """Write the page of how sources stand."""
        say = words("en")
        events = [
            {
                "at": instant(entry.published),
                "when": say.moment(entry.published) + " UTC",
                "language": "en",
                "title": self._shown.title(str(entry.more["source"])),
                "state": entry.more["state"],
                "says": getattr(say, str(entry.more["state"])),
                "reason": entry.more["reason"],
            }
            for entry in entries[:_ON_STATUS]
        ]
        health = self._shown.health(say) or {"good": True, "text": say.status_none}
        told = self._shown.notice("status", ("atom", "json"), say.status)
        for path, some, pages in self._split("status/", self._shown.by_need(), _STATES):
            shown = {"sources": self._shown.sources(say, some), "events": events, "health": health, "pages": pages}
            self._plain("/status", path, "status.html", say.status_about, **(told | shown))

    def _lists(self) -> None:
        say = words("en")
        card = self._shown.listed
        topics = [card(one, with_languages=True) for one in self._editions if one.topic and not one.language]
        named = [card(one) for one in self._editions if one.where]
        groups = [{"title": "", "cards": topics}] + ([{"title": say.combinations, "cards": named}] if named else [])
        self._plain("/", "topics/", "list.html", say.topics_about, heading=say.topics, groups=groups, pages=[])
        sources = [one for one in self._editions if one.source]
        for path, some, pages in self._split("sources/", sources, _CARDS):
            groups = [{"title": "", "cards": [card(one) for one in some]}] if some else []
            self._plain("/", path, "list.html", say.sources_about, heading=say.sources, groups=groups, pages=pages)

    def _split(
        self, path: str, items: Sequence[_Item], most: int
    ) -> Iterator[tuple[str, Sequence[_Item], list[dict[str, object]]]]:
        """Yield the page at *path* and those that go on after it: where it is, *most* of *items*, all the pages.

        No source is called "page" and a number, so that nothing else lives there.
        """
        paths = [path, *(f"{path}page/{number}/" for number in range(2, -(-len(items) // most) + 1))]
        root = html.root_of(self._site)
        for place, here in enumerate(paths):
            pages: list[dict[str, object]] = [
                {"number": number, "href": root + one, "here": one == here} for number, one in enumerate(paths, 1)
            ]
            yield here, items[place * most : (place + 1) * most], pages if len(pages) > 1 else []

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
            minutes = max(1, min((one.every_s for one in self._shown.newsrooms.values()), default=900) // 60)
            told = self._shown.edition(edition) | {
                "path": path,
                "title": say.subscribe_page,
                "about": say.subscribe_what,
                "others": others,
                "steps": say.steps("subscribe_steps"),
                "often": say.subscribe_often.format(minutes=minutes),
            }
            self._page("/", f"{path}index.html", "subscribe.html", told)

    def _plain(self, name: str, path: str, template: str, about: str, **told: Any) -> None:  # noqa: ANN401 -- a template's words
        """Write a page that speaks English."""
        file = path if path.endswith(".html") else f"{path}index.html"
        shared: dict[str, Any] = {"language": "en", "path": path, "about": about, "site": self._site}
        shared |= {"title": told.get("heading", about)}
        self._page(name, file, template, shared | told)

    def _page(self, name: str, file: str, template: str, told: Mapping[str, Any]) -> None:
        sign = signature(html.VERSION, template, told)
        known = self._book.known(name, file)
        if known is not None and known[0] == sign:
            self._book.carry(name, file)
        else:
            self._put(name, file, html.page(template, **told), sign)

    def _put(self, name: str, path: str, body: bytes, sign: str) -> None:
        self._outbox.put(path, body)
        self._book.note(name, path, sign, len(body))
