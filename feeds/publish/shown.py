"""What pages show beside releases: addresses of feeds, other languages, cards of topics, how sources stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feeds.edition import Edition
from feeds.publish.feed import feed_path
from feeds.release import Newsroom
from feeds.render import html
from feeds.render.words import Words, words
from feeds.site import LABELS, MEDIA_TYPES, Site

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import SourceState
    from feeds.topic import Topics

__all__ = ["Shown"]

_WRONG = frozenset({"suspicious", "failing", "blocked", "gone"})


class Shown:
    """What the templates are told, apart from entries."""

    def __init__(
        self,
        site: Site,
        topics: Topics,
        editions: Sequence[Edition],
        newsrooms: Mapping[str, Newsroom],
        states: Sequence[SourceState],
    ) -> None:
        """Know all there is, and no latest release of any edition."""
        self.site = site
        self.newsrooms = newsrooms
        self.states = states
        self.latest: dict[str, tuple[str, str]] = {}  # of an edition: title and language
        self._topics = {topic.key: topic for topic in topics.topics}
        self._families: dict[str | None, list[Edition]] = {}
        for one in editions:
            if one.source is None and not one.where:
                self._families.setdefault(one.topic, []).append(one)

    def edition(self, edition: Edition) -> dict[str, Any]:
        """Return what every page of *edition* is told."""
        feeds = self.feeds(edition.key, self.site.formats, edition.title, edition.language)
        return {
            "site": self.site,
            "language": edition.speaks,
            "path": edition.page,
            "title": edition.title,
            "heading": self.heading(edition),
            "about": edition.about,
            "feeds": feeds,
            "autodiscovery": feeds,
            "others": self.others(edition),
            "code": self.code(edition.key, self.site.formats),
        }

    def notice(self, key: str, formats: Sequence[str], title: str) -> dict[str, Any]:
        """Return what the page of the notices *key* is told."""
        feeds = self.feeds(key, formats, f"{title} · {self.site.title}", "")
        return {"heading": title, "feeds": feeds, "autodiscovery": feeds, "code": self.code(key, formats)}

    def feeds(self, key: str, formats: Sequence[str], title: str, language: str) -> list[dict[str, str]]:
        """Return the feed *key* in each of *formats*."""
        return [
            {
                "label": LABELS[form],
                "type": MEDIA_TYPES[form],
                "url": self.site.url(feed_path(key, form)),
                "title": title,
                "language": language,
            }
            for form in formats
        ]

    def code(self, key: str, formats: Sequence[str]) -> str:
        """Return the address that the page's code is of."""
        return self.site.url(feed_path(key, formats[0]))

    def heading(self, edition: Edition) -> str:
        """Return the name of what *edition* is about."""
        topic = self._topics.get(edition.topic or "")
        return topic.name(edition.speaks) if topic else edition.called(edition.speaks)

    def others(self, edition: Edition) -> list[dict[str, object]]:
        """Return the same page in other languages, itself among them."""
        if edition.source is not None or edition.where:
            return []
        root = html.root_of(self.site)
        return [
            {
                "tag": one.language,
                "name": words(one.language).language if one.language else words(edition.speaks).every_language,
                "here": one.key == edition.key,
                "href": root + one.page,
                "url": self.site.url(one.page),
            }
            for one in self._families[edition.topic]
        ]

    def card(self, edition: Edition, say: Words) -> dict[str, object]:
        """Return *edition* on a page that speaks as *say*, with its latest release."""
        title, language = self.latest.get(edition.key, ("", say.tag))
        named = {"name": edition.called(say.tag)} if edition.where else {}
        return {**self.listed(edition), **named, "latest": title, "latest_language": language}

    def listed(self, edition: Edition, *, with_languages: bool = False) -> dict[str, object]:
        """Return *edition* as one of a list, which settings alone decide."""
        return {
            "url": html.root_of(self.site) + edition.page,
            "name": edition.called("en") if edition.where else self.heading(edition),
            "about": edition.about,
            "language": edition.language if edition.source else "",
            "feeds": self.feeds(edition.key, self.site.formats, edition.title, edition.language),
            "languages": [other for other in self.others(edition) if other["tag"]] if with_languages else [],
        }

    def sources(self, say: Words, states: Sequence[SourceState] | None = None) -> list[dict[str, str]]:
        """Return how every source stands, or those of *states*, as *say* says it."""
        return [
            {
                "url": f"{html.root_of(self.site)}sources/{state.key}/",
                "title": self.title(state.key),
                "language": self.newsrooms[state.key].language or "und",
                "state": str(state.state),
                "says": getattr(say, str(state.state)),
                "since": say.status_since.format(moment=f"{say.moment(state.since)} UTC") if state.since else "",
                "reason": state.reason if str(state.state) in _WRONG else "",
            }
            for state in (self.states if states is None else states)
        ]

    def by_need(self) -> list[SourceState]:
        """Return how every source stands, those that need attention first, those that are switched off last."""
        return sorted(self.states, key=lambda one: (str(one.state) not in _WRONG, str(one.state) == "disabled"))

    def worst(self, say: Words, most: int) -> list[dict[str, str]]:
        """Return how every source stands; of more than *most* the first so many of those that need attention."""
        if len(self.states) <= most:
            return self.sources(say)
        return self.sources(say, [state for state in self.states if str(state.state) in _WRONG][:most])

    def title(self, source: str) -> str:
        """Return what *source* is called."""
        newsroom = self.newsrooms.get(source)
        return newsroom.title if newsroom and newsroom.title else source

    def health(self, say: Words) -> dict[str, object] | None:
        """Return how all sources stand together; None where none was read yet."""
        read = [state for state in self.states if str(state.state) not in {"pending", "disabled"}]
        bad = [state for state in read if str(state.state) in _WRONG]
        if not read:
            return None
        text = say.status_bad.format(bad=len(bad), count=len(read)) if bad else say.status_ok.format(count=len(read))
        return {"good": not bad, "text": text}
