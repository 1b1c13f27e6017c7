"""Pages of a list that are told apart by a number in their address: which one follows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

__all__ = ["Numbered"]

_PLACE = "{page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """Where the number of a page stands: in the parameter *query* of its address, or at "{page}" in *url*.

    *second* is the number of the second page, whatever the first is called; *step* is
    what lies between two of them: 1, or how many releases a page holds where those are counted.
    """

    query: str = ""
    url: str = ""
    second: int = 2
    step: int = 1

    def after(self, here: str, *, first: str) -> str:
        """Return the address of the page after *here* of the list that begins at *first*.

        >>> Numbered(query="page").after("https://a.hk/wp?n=20&page=3", first="https://a.hk/wp?n=20")
        'https://a.hk/wp?n=20&page=4'
        >>> Numbered(url="index_{page}.html", second=1).after("https://a.hk/xw/", first="https://a.hk/xw/")
        'https://a.hk/xw/index_1.html'
        """
        number = self._number(here, first)
        following = self.second if number is None else number + self.step
        if not self.query:
            return urljoin(first, self.url).replace(_PLACE, str(following))
        parts = urlsplit(first)
        said = dict(parse_qsl(parts.query, keep_blank_values=True)) | {self.query: str(following)}
        return urlunsplit(parts._replace(query=urlencode(said)))

    def _number(self, here: str, first: str) -> int | None:
        """Return the number of the page *here*, None for the first one: its own number, if any, may be another."""
        if _bare(here) == _bare(first):
            return None
        if self.query:
            said = next((value for name, value in parse_qsl(urlsplit(here).query) if name == self.query), "")
        else:
            pattern = re.escape(_bare(urljoin(first, self.url))).replace(re.escape(_PLACE), r"(\d{1,7})")
            match = re.fullmatch(pattern, _bare(here))
            said = match[1] if match else ""
        return int(said) if said.isdecimal() and said.isascii() and len(said) < 8 else None


def _bare(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.")
