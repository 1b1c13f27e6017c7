"""Which part of the rows of a list holds the day, and which the title: what holds for all rows holds for each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from crawler.extract.day import Day, days_in, parted_day, settle
from crawler.extract.group import Row, width_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Dated", "are_labels", "dates_of", "is_heading", "says_nothing", "titles_of", "without_bullet"]

_LABEL = 16  # letters: what stands beside a number, "comments", where it is no title
_EMPTY = re.compile(
    r"(?:\[|\()?(?:pdf|html?|docx?|word|txt|xml|rss|view|open|download|read(?: more| on| full (?:text|story|release))?|"
    r"more|"
    r"continue(?: reading)?|learn more|full (?:text|story|release|article)|details?|here|click here|link|opinion|order|"
    r"document|press release|share|print|(?:view|download|open|read|see) (?:the )?(?:pdf|opinion|document|order|more|"
    r"details?|release|file|full .{0,20}|article|summary)|"
    r"查看(?:更多|详情|詳情|全文)?|更多|详情|詳情|閱讀(?:更多|全文)?|阅读(?:更多|全文)?|全文|下载|下載|點擊|点击|"
    r"ler mais|saiba mais|ver mais|mais)(?:\]|\))?[\s.…»›>→:]*",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:continue reading|read (?:more|on)(?: about)?|(?:find out|learn|see) more(?: about)?|view details (?:of|for)|"
    r"阅读(?:更多|全文)|閱讀(?:更多|全文)|查看(?:详情|詳情|更多)|ler mais|saiba mais)\s*[:：»›→“\"]*\s+(?=\w)",
    re.IGNORECASE,
)
_FILE = re.compile(r"[\w.-]+\.(?:pdf|docx?|html?|wpd|txt)", re.IGNORECASE)
_IN_HEADING = re.compile(r"(?:^|/)h[1-6]\b")
_SAYS_TITLE = re.compile(r"(?:^|/)(?:h[1-6]|strong|b|a)\b|title|heading|name|case")
_TITLE, _TEASER, _TOO_LONG = 12.0, 90.0, 300.0
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DRESSING = frozenset(["span", "strong", "b", "em", "i", "font", "u"])
_CALLED_TITLE = re.compile(r"title|headline|subject", re.IGNORECASE)
_SENTENCE_ENDS = (".", "。", "…", "！", "？")
_BULLET = re.compile(r"^[•·●▪◆■□►▸▶◇○]\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Dated:
    """The day of each row as ISO 8601, None where it has none, and the *path* of the column that said so."""

    days: tuple[str | None, ...]
    path: str = ""

    @property
    def share(self) -> float:
        """How many of the rows have a day, 0 to 1."""
        return sum(day is not None for day in self.days) / max(1, len(self.days))


def dates_of(rows: Sequence[Row], *, american: bool = False) -> Dated:
    """Return the days of *rows*: from the column that holds a day, and little else, most often."""
    found: list[list[tuple[str, str, tuple[Day, ...]]]] = []
    for row in rows:
        parts = [(path, text, days) for path, text in row.parts if len(text) < 400 and (days := days_in(text))]
        if not parts and (joined := _joined(row)):
            parted = parted_day(joined)
            parts = [("", joined, days_in(joined) or ((parted,) if parted else ()))]
        found.append([part for part in parts if part[2]])
    order_of_day = settle((day for parts in found for _, _, days in parts for day in days), american=american)
    weight: dict[str, float] = defaultdict(float)
    for parts in found:
        for path, worth in {path: _purity(path, text, days) for path, text, days in parts}.items():
            weight[path] += worth
    order = sorted(weight, key=lambda path: -weight[path])
    told_days: list[str | None] = []
    for parts in found:
        by_path: dict[str, str] = {}
        for path, _, named in parts:
            told = next((day for at in named if (day := at.read(order=order_of_day)) is not None), None)
            if told is not None:
                by_path.setdefault(path, told.isoformat())
        told_days.append(next((by_path[path] for path in order if path in by_path), None))
    return Dated(tuple(told_days), order[0] if order else "")


def titles_of(rows: Sequence[Row]) -> tuple[list[str], str]:
    """Return the title of each row, and the path of the column they are from ("" for the link itself)."""
    own = [_of_links(row) for row in rows]
    often = _often(own)
    form = _form(own)
    empty = [text in often or says_nothing(text) or (bool(form) and _bare(text) == form) for text in own]
    whole = [_whole(row, text) for row, text in zip(rows, own, strict=True)]
    # A title inside a link that is a whole card is one, whatever the cards have in common.
    empty = [bare and (text == part or says_nothing(part)) for bare, text, part in zip(empty, own, whole, strict=True)]
    if sum(empty) < 0.5 * len(rows):
        return [
            _other(row, {}, often) or text if bare else text for row, text, bare in zip(rows, whole, empty, strict=True)
        ], ""
    labels = _often([text for row in rows for text in {text for _, text in row.parts}], len(rows))
    weights = _columns(rows, labels)
    titles = [_other(row, weights, labels) or text for row, text in zip(rows, own, strict=True)]
    return titles, max(weights, key=weights.__getitem__, default="")


def are_labels(titles: Sequence[str]) -> bool:
    """Say whether most of *titles* are none: "Read more", "3 comments".

    >>> are_labels(["Read more", "Read more"]), are_labels(["comments: 3", "comments: 4", "comments: 12"])
    (True, True)
    >>> are_labels(["A new pier opens", "The old one closes"])
    False
    """
    form = _form(titles)
    short = 0 < len(form) <= _LABEL
    return sum(says_nothing(text) or (short and _bare(text) == form) for text in titles) > 0.5 * len(titles)


def _often(texts: Sequence[str], rows: int = 0) -> frozenset[str]:
    """Return the texts that stand in every fifth row or more, and at least three times: labels."""
    least = max(3, 0.2 * (rows or len(texts)))
    return frozenset(text for text, number in Counter(texts).items() if number >= least)


def without_bullet(text: str) -> str:
    """Return *text* without the sign that a list begins its lines with.

    >>> without_bullet("• Park opens"), without_bullet("■一則通告")
    ('Park opens', '一則通告')
    """
    return _BULLET.sub("", text)


def _form(texts: Sequence[str]) -> str:
    """Return what most of *texts* say but for a number: "View opinion No. 16-0775", "Notice 12/2026"; else ""."""
    if len(texts) < 3:
        return ""
    form, count = Counter(_bare(text) for text in texts).most_common(1)[0]
    if not form or count < 0.6 * len(texts) or len(set(texts)) <= count / 2:
        return ""
    # What is left of a whole line without its words that hold a number is no form of a label.
    return form if len(form) >= 0.3 * sum(map(len, texts)) / len(texts) else ""


def _bare(text: str) -> str:
    return " ".join(word for word in text.split() if not any(map(str.isdigit, word)))


@lru_cache(maxsize=16384)
def says_nothing(text: str) -> bool:
    """Say whether a link's text is no title: "PDF", "Read more", a number.

    >>> says_nothing("View Opinion No. 16-0775"), says_nothing("23-1701P.01A"), says_nothing("新聞公報")
    (True, True, False)
    """
    if not text or _EMPTY.fullmatch(text) or _FILE.fullmatch(text):
        return True
    if len(text) > 60:
        return False
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    if letters + digits == 0 or letters < 2:
        return True
    if digits and letters < 2.2 * digits and len(text) < 40 and text.isascii():
        return True
    return re.fullmatch(r"(?:view|download|read|see|open)\b.{0,40}\d.{0,12}", text, re.IGNORECASE) is not None


def _of_links(row: Row) -> str:
    """Return the text of the row's link that says most: pictures say nothing, "read more" hardly anything."""
    links = sorted(row.links, key=lambda link: link.number)
    texts = [_without_order(without_bullet(link.text)) for link in links]
    if len(texts) == 1:
        return texts[0]
    pairs = [pair for pair in zip(links, texts, strict=True) if not says_nothing(pair[1]) and not _is_day(pair[1])]
    for is_title in (is_heading, _is_called_title):
        if titles := [text for link, text in pairs if is_title(link.element)]:
            return max(titles, key=width_of)
    best = max(texts, key=lambda text: (not says_nothing(text), min(width_of(text), _TOO_LONG)))
    if says_nothing(best):
        return texts[0]
    if width_of(best) < _TEASER:
        return best
    first = next(text for text in texts if text == best or (width_of(text) >= _TITLE and not says_nothing(text)))
    return first if width_of(first) <= 0.5 * width_of(best) and not _is_day(first) else best


def is_heading(link: HtmlElement) -> bool:
    """Say whether *link* is a heading, stands in one, or is all that one holds."""
    if next(link.iter(*_HEADINGS), None) is not None:
        return True
    above = link.getparent()
    while above is not None and above.tag in _DRESSING:
        above = above.getparent()
    return above is not None and above.tag in _HEADINGS


def _is_called_title(link: HtmlElement) -> bool:
    """Say whether *link*, or all that it holds, is called a title by its class."""
    inner = link
    while len(inner) == 1 and not (inner.text or "").strip():
        inner = inner[0]
        if not isinstance(inner.tag, str):
            return False
        if _CALLED_TITLE.search(inner.get("class") or ""):
            return True
    return _CALLED_TITLE.search(link.get("class") or "") is not None


def _without_order(text: str) -> str:
    """Return *text* without what tells the reader to go on, where a title follows.

    >>> _without_order("Continue reading Park opens in the north"), _without_order("Read more")
    ('Park opens in the north', 'Read more')
    """
    match = _ORDER.match(text)
    return text[match.end() :] if match and len(text) - match.end() >= 4 else text


def _whole(row: Row, text: str) -> str:
    """Return a title that was cut, whole, where an attribute or a heading of the row has it.

    A link around a whole card is reduced to its heading.
    """
    if text.endswith(("…", "...", "..")) or len(text) < 8:
        bare = text.rstrip(".… ")
        for link in row.links:
            attribute = " ".join((link.element.get("title") or link.element.get("aria-label") or "").split())
            if len(attribute) >= len(bare) and attribute.startswith(bare):
                return attribute
    for link in row.links:
        if without_bullet(link.text) == text:
            for tag in _HEADINGS:
                heading = link.element.find(f".//{tag}")
                inner = " ".join("".join(heading.itertext()).split()) if heading is not None else ""
                if len(inner) >= 4 and len(inner) < len(text) and not _is_day(inner):
                    return inner
            inner = _title_below(link.element, text)
            if inner:
                return inner
    return text


def _title_below(element: HtmlElement, text: str) -> str:
    """Return the title inside a link that holds a day beside it, or whose class says title."""
    if len(element) == 0:
        return ""
    for names in (("title", "标题"), ("headline",), ("subject",)):
        for below in element.iter("span", "div", "p", "strong", "b", "em"):
            said = (below.get("class") or "").lower()
            if any(name in said for name in names):
                inner = " ".join("".join(below.itertext()).split())
                if 4 <= len(inner) < len(text) and not _is_day(inner):
                    return inner
    while len(element) == 1 and not (element.text or "").strip():
        element = element[0]
    pieces = [" ".join("".join(part).split()) for part in _pieces(element)]
    rest = [piece for piece in pieces if piece and not days_in(piece) and not says_nothing(piece)] or [
        piece for piece in pieces if piece and not (days_in(piece) and len(piece) < 40)
    ]
    if title := _before_teaser(rest):
        return title if days_in(text) or any(child.tag in {"div", "p"} for child in element) else ""
    return max(rest, key=len, default="") if days_in(text) and len(rest) < len(pieces) else ""


def _before_teaser(pieces: Sequence[str]) -> str:
    """Return the longest of *pieces* before the one that tells more in whole sentences, "" where none does.

    >>> _before_teaser(["Transport", "Tolls change on Sunday", "The Office said that tolls would change on Sunday."])
    'Tolls change on Sunday'
    """
    longest = max(pieces, key=width_of, default="")
    before = pieces[: pieces.index(longest)] if longest.endswith(_SENTENCE_ENDS) else ()
    title = max(before, key=width_of, default="")
    return title if width_of(title) >= _TITLE else ""


def _pieces(element: HtmlElement) -> list[str]:
    found = [element.text or ""]
    for child in element:
        found += ["".join(child.itertext()), child.tail or ""]
    return found


def _columns(rows: Sequence[Row], labels: frozenset[str]) -> Mapping[str, float]:
    """Return how much each column of the rows looks like titles: wide, letters, different in each row, no days."""
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for path, text in _useful(row, labels).items():
            texts[path].append(text)
    weights = {}
    for path, column in texts.items():
        distinct = len(set(column)) / len(column)
        width = sum(min(width_of(text), 90.0) for text in column) / len(column)
        if width >= _TITLE and _IN_HEADING.search(path):  # is the title, however wide the teasers are
            width = _TEASER
        heading = 1.5 if _SAYS_TITLE.search(path) else 1.0
        weights[path] = distinct * width * len(column) / len(rows) * heading
    return weights


def _useful(row: Row, labels: frozenset[str]) -> Mapping[str, str]:
    """Return the widest text of each column of a row that could be a title."""
    found: dict[str, str] = {}
    for path, text in row.parts:
        if text in labels or says_nothing(text) or _is_day(text):
            continue
        if width_of(text) > width_of(found.get(path, "")):
            found[path] = text
    return found


def _other(row: Row, weights: Mapping[str, float], labels: frozenset[str]) -> str:
    """Return the best text of a row whose link says nothing."""
    useful = _useful(row, labels)
    attribute = next((text for link in row.links if not says_nothing(text := _attribute(link.element))), "")
    if not useful:
        return "" if attribute in labels else attribute
    return max(useful.items(), key=lambda part: weights.get(part[0], 0.0) if weights else min(width_of(part[1]), 90.0))[
        1
    ]


def _attribute(element: HtmlElement) -> str:
    return " ".join((element.get("title") or element.get("aria-label") or "").split())


def _is_day(text: str) -> bool:
    """Say whether a text is a day and hardly anything else: "Posted on 2 May 2026", not "People v. Lee 5/2/26"."""
    days = days_in(text)
    if not days:
        return False
    rest = text
    for day in reversed(days):
        rest = f"{rest[: day.start]} {rest[day.end :]}"
    words = [word for word in rest.split() if any(map(str.isalpha, word))]
    return len(words) <= 3 and sum(map(str.isalpha, rest)) <= 12


def _purity(path: str, text: str, days: Sequence[Day]) -> float:
    """Return how much a text is a day: 1 for nothing else, little for a day inside a teaser."""
    share = sum(day.end - day.start for day in days) / max(1, len(text))
    worth = min(1.0, share * 1.4) if share > 0.25 else 0.08
    if path.endswith("@datetime"):
        worth += 0.3
    if re.search(r"date|time|publish|posted|day|fecha|data\b|日期|发布", path, re.IGNORECASE):
        worth += 0.25
    return worth if len(days) == 1 else worth * 0.8


def _joined(row: Row) -> str:
    """Return the row as one line, for days whose parts stand in elements of their own."""
    joined = " ".join(text for path, text in row.parts if not path.endswith(("@datetime", "@title")))
    return joined if len(joined) < 400 and sum(char.isdigit() for char in joined) >= 3 else ""
