"""Releases we hold, recognised among the links of a page: by address, by number, by title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from crawler.extract.group import width_of
from crawler.normalise import clean_title
from feeds.identity import canonical

if TYPE_CHECKING:
    from crawler.source import Source

__all__ = ["Known", "Recognition", "title_fold"]

_LEAST_WIDTH = 10.0  # "Contact us" is no title to know a release by


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A release we hold: the address and the title it was listed under."""

    url: str
    title: str


class Recognition:
    """Says which of the *known* releases of *source* a link leads to."""

    def __init__(self, source: Source, known: Sequence[Known]) -> None:
        """Take note of all by which *known* can be recognised; a title that two of them share proves nothing."""
        self._source = source
        self._addresses = {self._bare(one.url): number for number, one in reversed(list(enumerate(known)))}
        numbers = [source.native_id(source.canonical(one.url)) for one in known]
        self._numbers = {number: place for place, number in enumerate(numbers) if number}
        titles = [title_fold(one.title) for one in known]
        often = Counter(titles)
        self.titles = tuple(titles)
        self._titles = {
            title: number
            for number, title in enumerate(titles)
            if often[title] == 1 and width_of(title) >= _LEAST_WIDTH
        }

    def which(self, url: str, texts: Iterable[str] = ()) -> int | None:
        """Return the place among the known of what *url*, which stands with *texts*, leads to; None for nothing known.

        >>> from crawler.source import Source
        >>> known = [Known(url="http://a.hk/r/1.htm", title="Water supply resumes")]
        >>> known_of = Recognition(Source(key="a", title="A"), known)
        >>> known_of.which("https://www.a.hk/r/1.htm"), known_of.which("https://a.hk/77", ["Water supply resumes."])
        (0, 0)
        >>> known_of.which("https://a.hk/about", ["About us"])
        """
        found = self._addresses.get(self._bare(url))
        if found is None and (number := self._source.native_id(self._source.canonical(url))):
            found = self._numbers.get(number)
        if found is None:
            found = next((self._titles[fold] for text in texts if (fold := title_fold(text)) in self._titles), None)
        return found

    def _bare(self, url: str) -> str:
        """Return *url* without what changes when a site moves to https or drops its www."""
        parts = urlsplit(canonical(self._source.canonical(url)).url)
        return urlunsplit(parts._replace(netloc=parts.netloc.removeprefix("www.")))


def title_fold(title: str) -> str:
    """Return what of *title* stays when a site is redesigned: its letters and digits, in one case.

    >>> title_fold("CE’s  visit: “Macao”") == title_fold("CE's visit - Macao")
    True
    """
    return "".join(char for char in clean_title(title).text.casefold() if char.isalnum())
