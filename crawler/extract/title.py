"""The title of a page: its headings, its head and its JSON-LD held against each other, and nothing beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from crawler.extract.block import squash
from crawler.extract.general import headline_below, is_general, is_headline
from crawler.extract.heading import MOST_HEADINGS, heading_of, names_of_site, parted
from crawler.extract.meta import Meta, read_meta
from crawler.extract.select import fold, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["title_of_page"]

_PARTED = re.compile(
    r"\s+[|–—·»›:•]+\s+|\s+-{1,2}\s+|\s*[|｜ㅣ_]\s*|\s+::\s+|\s*[-–—]{1,2}\s*(?=[\u4e00-\u9fff]{2,12}\Z)"
)
# A line of the day that stands in a heading, before the title or behind it.
_BYLINE = re.compile(
    r"\s+(?:posted|published|written|updated) (?:on|by|in) .{3,80}\Z|"
    r"\A(?:\w{3,9}\.? \d{1,2},? \d{4}|\d{4}-\d\d-\d\d)[\s:–-]+|"
    r"\s*[/|·–-]\s*(?:\d{1,2}\.? )?\w{3,9}\.? (?:\d{1,2},? )?\d{4}\Z|"
    r"(?:\s*\((?:\w[\w-]*\.)+[a-z]{2,}\))?\s+\d{1,4}(?: comments?)?\Z|"
    r"\s*\((?:\w[\w-]*\.)+[a-z]{2,}\)\Z",
    re.IGNORECASE,
)
# What some put before a title: the kind of the page, the section, the matter. Its end is told by one of these.
_KICKER_END = re.compile(r"\s*[:：|｜»›]\s*\Z|\s+[-–—]\s+\Z|\s*\n\s*\Z")
_MOST_OF_TITLE = 200  # letters: a heading longer, and twice as long as what the head says, is a paragraph
_LEAST_AGREED = 12  # letters, so that what two places say is no accident
_HEADLINE = 25  # letters: longer than names of sections
_PARAGRAPH = 100  # letters: what stands behind one of those heads a part of the text
_WORD = re.compile(r"[^\W\d_]{4,}")
# How names of bodies end in Chinese: a title of few characters has no other sign of where it stops.
_OF_BODY = re.compile(
    r"[\u4e00-\u9fff]{2,}(?:[廳厅局署處处室院府網网委]|公司|中心|協會|协会|委员会|委員會|门户|網站|网站)\s*\Z"
)
_BRACKETED = re.compile(r"\s*\[([^\[\]]+)\]\s*\Z")  # where some have the name of their site
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_LEAST_BESIDE_HOST = 4  # letters
_LONGEST_TITLE = 2000
_LONG_PART = 16  # letters: longer than names of sites and sections
_UNTITLED = frozenset(
    ["", "home", "news", "pressrelease", "pressreleases", "newsroom", "untitled", "首页", "新闻", "新聞"]
)
# Between the name of a site and the title behind it, and before one that follows.
_ABOUT = re.compile(r"\s*[|–—·»›:•/-][\s|–—·»›:•/-]*(?:blog archi[vf]e?\s*[|–—·»›:•/-]+)?\s*", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_BEHIND = re.compile(r"\s[|–—·»›:•/«-]+\s\Z")


def title_of_page(root: HtmlElement, meta: Meta | None = None, heading: str = "") -> tuple[str, str]:  # noqa: C901, PLR0911 - a ladder of answers
    """Return the title of a page and what gave it; *heading* is what the listing called it.

    Headings, Open Graph, JSON-LD and `<title>` are held against each other: what two say is right.

    >>> from crawler.normalise.tree import read_html
    >>> title_of_page(read_html("<title>A long headline | The Site</title><h1>The Site</h1><h2>x</h2>"))
    ('A long headline', 'title')
    """
    meta = meta or read_meta(root)
    whole = fold(text_of(found)[:_LONGEST_TITLE]) if (found := root.find(".//title")) is not None else ""
    graph = meta.meta("og:title", "twitter:title")
    declared = meta.meta("articletitle") or meta.said("headline")
    site = squash(meta.meta("og:site_name"))
    names = names_of_site(root)
    whole, graph = (_without_general(_without_names(text, names)) for text in (whole, graph))
    said = [squash(text) for text in (graph, whole, declared, heading) if text]
    if declared and meta.meta("articletitle"):
        return declared, "meta ArticleTitle"
    says = any(not _is_general(text) for text in (graph, whole, declared, heading) if text)
    if not says and not _headings(root, said, is_general) and (below := headline_below(root)):
        return below, "headline"
    lines = [_without_site(text, meta) for text in (declared, graph, whole) if text] + _PARTED.split(whole)[1:]
    first = _headings(root, said, lambda text: text in names or squash(text) == site or _is_name(text, whole, graph))
    first = [text for text in first if not (says and is_general(text))]
    first = [parted(root, text, lines) or text for text in first]
    agreed = [text for text in first if _is_in(squash(text), said, sole=len(first) == 1)]
    titles = [squash(_without_site(text, meta)) for text in (graph, whole, declared, heading) if text]
    near = [text for text in first if any(_close(squash(text), line) for line in titles)]
    if agreed and (len(best := max(agreed, key=len)) > 20 or best == first[0]):
        return _without_dress(best, (graph, whole, declared), meta), "h1"
    if near:
        return _without_dress(near[0], (graph, whole, declared), meta), "h1"
    if len(first) == 1 and len(squash(first[0])) >= 20 and any(_close(squash(first[0]), line, 0.25) for line in said):
        return next(
            (
                (_without_dress(text, (graph, whole, declared), meta), "h2")
                for text in _subheadings(root)
                if squash(text) in titles
            ),
            (first[0], "h1"),
        )
    if len(first) == 1 and len(squash(first[0])) >= _LEAST_AGREED and site and all(line == site for line in said):
        return first[0], "h1"
    if heading:
        return heading, "listing"
    if len(first) == 1 and not graph and not declared and _is_short_for(whole, first[0]):
        return first[0], "h1"
    if first and (text := _opening(root, first, (graph, whole, declared))):
        return text, "h1"
    for text, origin in ((declared, "json-ld"), (graph, "og:title"), (whole, "title")):
        bare = _without_site(text, meta)
        if squash(bare) not in _UNTITLED:
            second = _below(root, squash(bare)) or _part_below(root, text)
            return (_without_dress(second, (bare,), meta) if second else bare), origin
    if first:
        return first[0], "h1"
    return next(((text, "h2") for element in root.iter("h2") if (text := heading_of(element))), ("", ""))


def _headings(root: HtmlElement, said: Sequence[str], is_name: Callable[[str], bool]) -> list[str]:
    """Return what the h1 of the page say, without names of sites and paragraphs; *said* is what the head says."""
    longest = 2 * max((len(line) for line in said), default=_MOST_OF_TITLE)
    texts = (heading_of(element) for element in islice(root.iter("h1"), MOST_HEADINGS))
    return [text for text in texts if 0 < len(squash(text)) <= max(longest, _MOST_OF_TITLE) and not is_name(text)]


def _is_in(heading: str, said: Sequence[str], *, sole: bool) -> bool:
    """Say whether one of *said* holds *heading*; one word of it is not enough, where there are other headings."""
    if heading.isdigit():
        return heading in said
    if sole or len(heading) >= _LEAST_AGREED:
        return any(heading in line for line in said)
    return any(line.startswith(heading) or line.endswith(heading) for line in said)


def _opening(root: HtmlElement, headings: Sequence[str], said: Sequence[str]) -> str:
    """Return the first of *headings* that is a headline of the same matter as the head, and stands before the text."""
    words = {word.lower() for line in said for word in _WORD.findall(line)}
    for text in headings:
        if len(squash(text)) >= _HEADLINE and words & {word.lower() for word in _WORD.findall(text)}:
            for element in root.iter("h1", "p"):
                if element.tag == "p" and len(fold(text_of(element))) > _PARAGRAPH:
                    return ""
                if element.tag == "h1" and heading_of(element) == text:
                    return text
    return ""


def _is_short_for(whole: str, heading: str) -> bool:
    """Say whether the title *whole* begins with words of *heading*: "Notice - The Department", "Notice on closures"."""
    begin = squash(_PARTED.split(whole)[0])
    return bool(begin) and begin in squash(heading)


def _subheadings(root: HtmlElement) -> Iterator[str]:
    """Yield what h2 and h3 say that are as long as a headline."""
    for element in islice(root.iter("h2", "h3"), MOST_HEADINGS):
        if len(squash(text := heading_of(element))) >= _HEADLINE:
            yield text


def _below(root: HtmlElement, wanted: str) -> str:
    """Return the h2 to h4 that says what *wanted* says, whole: a title that was cut for the head."""
    if len(wanted) < 12:
        return ""
    for tag in ("h2", "h3"):
        for element in root.iter(tag):
            text = " ".join(text_of(element).split())
            if squash(text).startswith(wanted[: max(12, len(wanted) - 3)]):
                return text
    return ""


def _part_below(root: HtmlElement, whole: str) -> str:
    """Return the h2 or h3 that is one part of the title *whole*, wherever the names of the site stand in it."""
    parts = {squash(part) for part in _PARTED.split(whole)}
    parts = {part for part in parts if len(part) >= _LONG_PART}
    if not parts:
        return ""
    for tag in ("h2", "h3"):
        for element in islice(root.iter(tag), MOST_HEADINGS):
            text = " ".join(text_of(element).split())
            if squash(text) in parts:
                return text
    return ""


def _close(one: str, other: str, share: float = 0.75) -> bool:
    """Say whether two titles are nearly the same: one cut, or a word changed; a lower *share* asks for less."""
    if len(one) < 8 or len(other) < 8:
        return False
    grams = [Counter(line[at : at + 3] for at in range(len(line) - 2)) for line in (one, other)]
    return (grams[0] & grams[1]).total() >= share * min(grams[0].total(), grams[1].total())


def _is_name(text: str, whole: str, graph: str) -> bool:
    """Say whether *text* is the site's name: the last part of the title *whole*, or what it has besides *graph*."""
    parts = [squash(part) for part in _PARTED.split(_BRACKETED.sub(r" | \1", whole)) if part]
    name, title, shared = squash(text), squash(whole), squash(graph)
    for number, part in enumerate(parts[1:], 1):
        is_part = name == part or (part in name and 1.4 * len(part) >= len(name) and len(part) >= _LEAST_AGREED)
        if is_part and name not in parts[:number] and sum(map(len, parts[:number])) > len(name):
            return True
    return 2 * len(shared) >= len(name) and name not in shared and title in {name + shared, shared + name}


def _without_dress(text: str, said: Sequence[str], meta: Meta) -> str:
    """Return a heading without what stands in it beside the title: the site's name, a section, a byline, a day.

    Only where one of *said* is the title without it.
    """
    wanted = [squash(_without_site(line, meta)) for line in said]
    if squash(text) in (wanted[0], wanted[-1]):
        return text
    for bare, bar in (text.rpartition(" | ")[:2], text.partition(" | ")[:2]):
        if bar and squash(bare) in wanted:
            return bare
    if (bare := _BYLINE.sub("", text)) != text and squash(bare) in wanted:
        return bare
    for line in said:
        at = text.find(title) if (title := _without_site(line, meta)) else -1
        if at > 0 and text.endswith(title) and len(squash(title)) >= _LEAST_AGREED and _KICKER_END.search(text[:at]):
            return title
    name = squash(meta.meta("og:site_name"))
    parts = _PARTED.split(text)
    if len(parts) > 1 and name and squash(parts[-1]) == name:
        return _without_site(text, meta)
    return text


def _without_names(text: str, names: Sequence[str]) -> str:
    """Return what the head says without the *names* of the site before it or behind it, with what is beyond them."""
    for name in names:
        before, found, behind = text.partition(name)
        mark = _ABOUT.match(behind) or ("." in name and _SPACE.match(behind))
        if found and not before and mark and len(squash(behind)) >= 3:
            return behind[mark.end() :]
        if found and before and (mark := _BEHIND.search(before)) and len(squash(before)) >= 8:
            return before[: mark.start()]
    return text


def _is_general(text: str) -> bool:
    """Return whether all parts of what the head says name a body or a section: "News | Office of Ports"."""
    return all(is_general(part) for part in _PARTED.split(text) if part.strip())


def _without_general(text: str) -> str:
    """Return what the head says without the parts that name a body or a section; all of it where there is no other.

    >>> [_without_general(text) for text in ("Office of Ports - Tolls change", "News | Office of Ports", "Tolls - A")]
    ['Tolls change', 'News | Office of Ports', 'Tolls - A']
    """
    parts = [part for part in _PARTED.split(text) if part.strip()]
    kept = [part for part in parts if not is_general(part)]
    return kept[0].strip() if len(kept) == 1 < len(parts) and is_headline(kept[0]) else text


def _without_site(text: str, meta: Meta) -> str:
    """Return a title without the site's name behind or before it.

    Only what `og:site_name` says, or a last part much shorter than the rest, is a name.
    """
    parts = _PARTED.split(text)
    marks = _PARTED.findall(text)
    site = squash(meta.meta("og:site_name"))
    while len(parts) > 1:
        last = squash(parts[-1])
        rest = len(squash("".join(parts[:-1])))
        if (site and (last == site or last in site or site in last)) or (
            len(last) <= 30 and rest >= max(12, len(last))
        ):
            parts, marks = parts[:-1], marks[:-1]
            continue
        if _HOST.fullmatch(parts[-1].strip()) and rest >= _LEAST_BESIDE_HOST:
            parts, marks = parts[:-1], marks[:-1]
            continue
        if _OF_BODY.search(parts[-1]) and len(last) <= 30 and not _OF_BODY.search(parts[0]):
            parts, marks = parts[:-1], marks[:-1]
            continue
        if site and squash(parts[0]) == site:
            parts, marks = parts[1:], marks[1:]
            continue
        break
    return "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True)).strip()
