"""Pages of releases: the HTML twin of every feed, the index, and the lists that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feeds.edition import Edition
from feeds.publish.archive import archive_path
from feeds.publish.book import Book, Leaf, signature
from feeds.publish.fragments import Fragments
from feeds.publish.lineup import Lineup
from feeds.publish.outbox import Outbox
from feeds.publish.shown import Shown
from feeds.render import html
from feeds.render.words import words

__all__ = ["Pages"]

_ON_INDEX, _ON_PAGE = 20, 50
_SOURCES = 60  # that the index lists; of more, those that need attention


class Pages:
    """Writes the pages of one publication."""

    def __init__(
        self, shown: Shown, editions: Sequence[Edition], *, outbox: Outbox, book: Book, fragments: Fragments
    ) -> None:
        """Write what is *shown*, and the releases in *editions*."""
        self._shown = shown
        self._site = shown.site
        self._outbox = outbox
        self._book = book
        self._fragments = fragments
        self._editions = editions
        self._lineups: dict[str, Lineup] = {}

    def edition(self, edition: Edition, lineup: Lineup, leaf: Leaf) -> None:
        """Write the twin of *edition*, which has *lineup*; those of everything are the index, written last."""
        self.recall(edition, leaf)
        if _is_index(edition):
            self._lineups[edition.key] = lineup
            return
        told = self._shown.edition(edition) | {"months": self._months(edition, leaf)}
        sign = signature(html.VERSION, lineup.marks[:_ON_PAGE], told)
        path = f"{edition.page}index.html"
        self._write(edition.key, path, sign, told, lineup, most=_ON_PAGE, template="edition.html")

    def recall(self, edition: Edition, leaf: Leaf) -> None:
        """Remember of *edition* what its *leaf* knows."""
        if latest := leaf.told.get("latest"):
            self._shown.latest[edition.key] = (latest[0], latest[1])

    def index(self, lines: Callable[[Edition], Lineup], *, same: bool) -> None:
        """Write the index in each language, unless all is the *same*; *lines* returns the lineup of an edition."""
        cards: dict[str, list[Edition]] = {}
        for one in self._editions:
            if one.topic is not None:
                cards.setdefault(one.language, []).append(one)
        named = [one for one in self._editions if one.where]
        for edition in filter(_is_index, self._editions):
            name = f"/index/{edition.language}"
            if same and self._book.is_intact(name):
                self._book.keep(name)
                continue
            self._book.open(name)
            say = words(edition.speaks)
            lineup = self._lineups.get(edition.key) or lines(edition)
            told = self._shown.edition(edition)
            here = [one for one in named if not edition.language or one.language in {"", edition.language}]
            chosen = [*cards.get(edition.language, ()), *here]
            told["cards"] = [self._shown.card(one, say) for one in chosen]
            count = len(self._shown.states)
            told |= {"health": self._shown.health(say), "sources": self._shown.worst(say, _SOURCES)}
            told["more"] = count if count > _SOURCES else 0
            sign = signature(html.VERSION, lineup.marks[:_ON_INDEX], told)
            path = f"{edition.page}index.html"
            self._write(name, path, sign, told, lineup, most=_ON_INDEX, template="index.html")

    def _write(  # noqa: PLR0913 -- where, what it stands for, what it is made of
        self, name: str, path: str, sign: str, told: Mapping[str, Any], lineup: Lineup, *, most: int, template: str
    ) -> None:
        """Write a page that shows the first entries of *lineup*, *most* at most."""
        known = self._book.known(name, path)
        if known is not None and known[0] == sign:
            self._book.carry(name, path)
            return
        items = b"\n".join(self._fragments.html(lineup.versions[:most], lineup.placed)).decode()
        body = html.page(template, **told, items=items)
        self._outbox.put(path, body, size=known[1] if known else None)
        self._book.note(name, path, sign, len(body))

    def _months(self, edition: Edition, leaf: Leaf) -> list[dict[str, str]]:
        """Return the months that have left *edition*, newest first, each led to by its last document."""
        past = leaf.told.get("past", {})
        form = next((form for form in ("atom", "json") if form in self._site.formats), "")
        last = {name[:7]: name for name in (*past.get("parts", ()), *past.get("open", ()))}
        say = words(edition.speaks)
        root = html.root_of(self._site)
        return [
            {"url": root + archive_path(edition.key, name, form), "name": say.month(month)}
            for month, name in sorted(last.items(), reverse=True)
        ]


def _is_index(edition: Edition) -> bool:
    return edition.topic is None and edition.source is None and not edition.where
