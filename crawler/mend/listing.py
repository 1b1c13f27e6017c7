"""A listing whose selectors find nothing any more: where the releases we know are now, and selectors from there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crawler.extract.address import base_of, join
from crawler.extract.beside import days_of
from crawler.extract.declared_listing import read_declared_listing
from crawler.extract.derive import candidates, rules_for
from crawler.extract.feed import is_feed
from crawler.extract.group import Link, Row, groups_of, links_of, rows_of
from crawler.extract.select import selector
from crawler.mend.known import Known, Recognition, title_fold
from crawler.normalise.tree import read_html
from crawler.wall import what_wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.extract.found import Listing
    from crawler.source import Source

__all__ = ["Mended", "NotMended", "mend_listing"]

_LEAST = 3  # known releases: fewer may stand anywhere
_EXPECTED_SHARE = 0.6  # of the known that could be expected
_KNOWN_SHARE = 0.5  # of what is listed then: the rest would all be new at once
_NEWEST = 5  # a box of much read releases holds few of these
_TITLED_SHARE = 0.6
_COLUMN = re.compile(r":\d+$")
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A *source* with rules that read the page again, and the *listing* they read.

    *changes* are the keys of `[listing]` that differ, "" for those to take out; *patch*
    is the same as TOML. *matched* of *expected* known releases were found, *why* says in
    a sentence what was changed and on what grounds; *confidence* is 0 to 1.
    """

    source: Source
    listing: Listing
    changes: Mapping[str, str]
    matched: int
    expected: int
    confidence: float
    why: str

    @property
    def patch(self) -> str:
        """What to write into the file of the source."""
        from crawler.mend.patch import fragment  # noqa: PLC0415 - only who shows it needs it

        return fragment(self.changes)


@dataclass(frozen=True, slots=True)
class NotMended:
    """A page on which the known releases could not be found again, and why."""

    reason: str


def mend_listing(
    source: Source, text: str, url: str, known: Sequence[Known], *, usual: float | None = None
) -> Mended | NotMended:
    """Return *source* with selectors that list again what the page *text* at *url* is known to list.

    *known* are its newest releases, newest first, *usual* how many its listing has. Believed
    is only what finds at least three of them, three fifths of those that could be
    expected, most of the newest, and little else. Pure; never raises.
    """
    if source.kind != "html" or is_feed(text):
        return NotMended("only listings that are pages have selectors to mend")
    if wall := what_wall(text):
        return NotMended(f"not the listing but another page: {wall}")
    if len(known) < _LEAST:
        return NotMended(f"{len(known)} releases are known: expected at least {_LEAST} to look for")
    page = _Page(source, text, url, known, round(usual) if usual else len(known))
    if len(page.found) < _LEAST:
        return NotMended(f"{len(page.found)} of {len(known)} known releases are on the page")
    tried = [page.tried(changes) for changes in page.proposals()]
    good = [one for one in tried if isinstance(one, Mended)]
    if good:
        return max(good, key=lambda one: one.confidence)
    return next(iter(tried), NotMended("no selector finds the known releases and little else"))


class _Page:
    """The page, its links, and which known releases they lead to."""

    def __init__(self, source: Source, text: str, url: str, known: Sequence[Known], usual: int) -> None:
        self.source = source
        self.text = text
        self.url = url
        self.most = min(usual, len(known))
        self.recognition = Recognition(source, known)
        self.root = read_html(text)
        self.base = base_of(self.root, url)
        body = self.root.find("body")
        hosts = set(source.hosts)
        links = links_of(body, self.base, url) if body is not None else []
        links = [link for link in links if not hosts or _host(link.url) in hosts]
        self.groups = [group.rows for group in groups_of(links)]
        self.found: dict[int, list[Link]] = {}
        for link in links:
            self._recognise(link, [link.text, link.element.get("title", "")])
        for rows in self.groups:
            for row in rows if len(rows) >= _LEAST else ():
                self._recognise(row.links[0], [text for _, text in row.parts])

    def _recognise(self, link: Link, texts: Iterable[str]) -> None:
        which = self.recognition.which(link.url, texts)
        if which is not None and link not in self.found.setdefault(which, []):
            self.found[which].append(link)

    def tried(self, changes: Mapping[str, str]) -> Mended | NotMended:
        """Return the source with *changes* if what it then lists can be believed, else why not."""
        rules = replace(self.source.listing, **changes)  # type: ignore[arg-type]  # keys of ListingRules that are strings
        mended = replace(self.source, listing=rules)
        listing = read_declared_listing(mended, self.text, self.url)
        items = len(listing.items)
        matches = {self.recognition.which(item.url, [item.title]) for item in listing.items} - {None}
        expected = max(1, min(items, self.most))
        newest = set(range(min(_NEWEST, len(self.recognition.titles))))
        said = f"{changes['links']} finds {items} releases, {len(matches)} of {max(expected, len(matches))} known"
        if len(matches) < max(_LEAST, _EXPECTED_SHARE * expected, _KNOWN_SHARE * items):
            return NotMended(f"{said}: too few to be sure")
        if 2 * len(newest & matches) < len(newest):
            return NotMended(f"{said}, but only {len(newest & matches)} of the newest {len(newest)}")
        before = self.source.listing
        return Mended(
            source=mended,
            listing=listing,
            changes={name: value for name, value in changes.items() if getattr(before, name) != value},
            matched=len(matches),
            expected=expected,
            confidence=round(min(1.0, len(matches) / expected) * (0.5 + 0.5 * len(matches) / items), 2),
            why=f"the listing is no longer read by {before.item or before.links or 'its rules'}: {said}",
        )

    def proposals(self) -> Iterator[dict[str, str]]:
        """Yield changes to the rules: from the group of links that holds most known ones, then from these alone."""
        matched = {link.url for links in self.found.values() for link in links}
        groups = [(sum(row.url in matched for row in rows), rows) for rows in self.groups]
        groups.sort(key=lambda one: (-one[0], len(one[1])))
        for count, rows in groups[:4]:
            if count >= _LEAST:
                dated = days_of(self.root, rows)
                rules = rules_for(self.root, self.base, rows, dated.path)
                if "links" in rules:
                    yield from self._complete(rules["links"], rules.get("date", ""), rows)
        members = [max(links, key=lambda link: len(link.text)) for links in self.found.values()]
        rows = rows_of(members)
        css = self._narrowest(rows, {link.url for link in members})
        if css:
            yield from self._complete(css, "", rows)

    def _narrowest(self, rows: Sequence[Row], wanted: set[str]) -> str:
        """Return the selector that finds all *wanted* addresses and fewest others, the shorter of two."""
        best, fewest = "", round(len(wanted) / _KNOWN_SHARE) + 1
        for css in candidates(rows):
            found = {join(self.base, element.get("href") or "") for element in _elements(css, self.root)} - {""}
            if wanted <= found and len(found) < fewest:
                best, fewest = css, len(found)
        return best

    def _complete(self, links: str, date: str, rows: Sequence[Row]) -> Iterator[dict[str, str]]:
        changes = {"links": links, "item": "", "title": self._title(rows), "date": date}
        yield changes
        if self.source.listing.match:
            yield changes | {"match": ""}  # which held for addresses as they were

    def _title(self, rows: Sequence[Row]) -> str:
        """Return the selector of titles in *rows*, "" where the links themselves are the titles."""
        titled: list[tuple[Row, str]] = []
        for row in rows:
            which = self.recognition.which(row.url, [text for _, text in row.parts])
            if which is not None:
                titled.append((row, self.recognition.titles[which]))
        by_link = sum(any(title_fold(link.text) == title for link in row.links) for row, title in titled)
        if by_link >= _TITLED_SHARE * len(titled):
            return ""
        steps = Counter(step for row, title in titled for step in dict.fromkeys(_steps(row, title)))
        for css, _ in steps.most_common(5):
            right = sum(title_fold(selector(css).string(row.element)) == title for row, title in titled)
            if right >= _TITLED_SHARE * len(titled):
                return css
        return ""


def _steps(row: Row, title: str) -> Iterator[str]:
    """Yield selectors, of one step, of what in *row* reads *title*: its tag with those classes that can be written."""
    for path, text in row.parts:
        tag, *names = _COLUMN.sub("", path.rpartition("/")[2]).split(".")
        if title_fold(text) == title and _PLAIN.fullmatch(tag) and tag != "tail":
            yield ".".join([tag, *(name for name in names if _PLAIN.fullmatch(name))])


def _elements(css: str, root: HtmlElement) -> list[HtmlElement]:
    return selector(css).elements(root)


def _host(url: str) -> str:
    return url.split("/", 3)[2].rpartition("@")[2].partition(":")[0].lower() if url.count("/") > 1 else ""
