"""Pages that are another than the one the list named: the home page in place of what is gone, one page for all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.memory import digest
from feeds.identity import canonical, is_unlike

if TYPE_CHECKING:
    from feeds.release import Draft

__all__ = ["home_instead", "same_for_all"]


def home_instead(asked: str, led_to: str, listings: Collection[str]) -> str:
    """Return why the page that *asked* was led to is no release: it is the home page, or one of the *listings*.

    >>> home_instead("https://a.example/r/7.htm", "https://a.example/", ())
    'led to the home page'
    >>> home_instead("https://a.example/r/7.htm", "https://a.example/news", ["http://a.example/news/"])
    'led back to the list'
    >>> home_instead("https://a.example/r/7.htm", "https://a.example/r/7", ["https://a.example/news/"])
    ''
    """
    if canonical(asked) == canonical(led_to):
        return ""
    if canonical(led_to).url in {canonical(url).url for url in listings}:
        return "led back to the list"
    parts = urlsplit(led_to)
    return "led to the home page" if parts.path in {"", "/"} and not parts.query and not parts.fragment else ""


def same_for_all(draft: Draft, title: str, seen: Mapping[str, str], asked: str) -> tuple[str, str]:
    """Return a digest of *draft* where its title is not the *title* listed; and why it then is no release.

    *seen* maps such digests to the addresses they came from: a site that answers with one
    page whatever it is asked does so under other titles than were listed.
    """
    if not title or not draft.title or not is_unlike(title, draft.title):
        return "", ""
    key = digest(f"{draft.title}\n{draft.text}".encode("utf-8", "surrogatepass"))
    first = seen.get(key, asked)
    return key, "" if first == asked else f"the same page as {first}, under another title than was listed"
