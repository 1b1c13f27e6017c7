"""What stands below a release and is no part of it, such as "Issued at HKT 17:35"; and for whom it speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from crawler.normalise.date import read_date

__all__ = ["SignOff", "issued_on_behalf", "sign_off", "sign_off_html"]

_END = r"(?:[-–—~*#\s]*(?:ends?|完|終|终|fim)[-–—~*#\s.。]*|[(（【〔][完終终][)）】〕]|#{2,}|\*{3,}|-30-|N{4})"
_END_LINE = re.compile(rf"{_END}\Z", re.IGNORECASE)
_ENDS_WITH_DATE = re.compile(r"(?:ends|完|終|终)\s*[/／]\s*(?P<date>.{4,60})\Z", re.IGNORECASE)
_ISSUED = re.compile(
    r"(?:issued|released) at (?:HKT|hong kong time)?.{3,20}\Z|(?:香港|澳門|澳门|北京|本地)[時时][間间].{3,20}\Z|[(（]?HKT *\d.{2,10}\Z",  # noqa: E501 - a table or a pattern that reads better whole
    re.IGNORECASE,
)
_DATE_LINE = re.compile(
    r"(?:[a-z]{3,9}day,? +)?(?:\d{1,2} +[a-z]{3,9}|[a-z]{3,9} +\d{1,2}),? +\d{4}\Z"
    r"|[\d〇○零一二三四五六七八九]{4}年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日(?: *[(（]?星期.[)）]?)?\Z",  # noqa: E501 - a table or a pattern that reads better whole
    re.IGNORECASE,
)
_MOST_LINES = 8
_BEHALF = re.compile(
    r"\A\W{0,12}(?:the )?following(?: press release| statement| is| was|,)*.{0,40}?\bissued (?:today )?(?:\([^)]{1,30}\) )?on behalf of (?:the )?(?P<en>[^:.\n]{2,120}?)(?: today)?(?: \([^)]{1,30}\))?\s*[:.]"  # noqa: E501 - a table or a pattern that reads better whole
    r"|\A\W{0,12}下[稿列文述][^\n]{0,16}?代(?P<zh>[^\n：:]{2,40}?)(?:發出|发出|發布|发布|發佈|公布|公佈)\s*[：:]"
    r"|\A\W{0,12}(?:以下|下[稿列])[^\n]{0,16}?代表?(?P<zh2>[^\n：:]{2,40}?)(?:發出|发出|發布|发布|發佈|公布|公佈)",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<(p|h[1-6])>|<hr>")
_BLOCKS = ("<p>", "<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>", "<hr>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A *body* without its footer, and the instant the footer states; *found* is the footer's lines as they stood."""

    body: str
    published: datetime | None = None
    found: tuple[str, ...] = ()


def sign_off(text: str, *, zone: str = "Asia/Hong_Kong") -> SignOff:
    r"""Return plain *text* without the lines that close it, and the instant they state in *zone*.

    >>> found = sign_off("He said so.\n\nEnds/Saturday, January 4, 2020\nIssued at HKT 6:22\n\nNNNN")
    >>> found.body, found.published.isoformat()
    ('He said so.', '2020-01-04T06:22:00+08:00')
    >>> sign_off("他說。\n\n完\n2025年3月12日（星期三）\n香港時間14時30分").published.isoformat()
    '2025-03-12T14:30:00+08:00'
    """
    lines = text.rstrip().split("\n")
    kept = len(lines)
    while (
        kept > 0
        and (not lines[kept - 1].strip() or _closes(lines[kept - 1].strip()))
        and len(lines) - kept < 2 * _MOST_LINES
    ):
        kept -= 1
    found = _from_end(lines[kept:])
    if not found:
        return SignOff(body=text)
    first = next(number for number in range(kept, len(lines)) if lines[number].strip() == found[0])
    return SignOff(body="\n".join(lines[:first]).rstrip(), published=_instant(found, zone), found=found)


def sign_off_html(html: str, *, zone: str = "Asia/Hong_Kong") -> SignOff:
    r"""Return *html*, as `clean_html` writes it, without the paragraphs that close it, and the instant they state.

    >>> sign_off_html("<p>He said.</p>\n<p>Ends/Saturday, January 4, 2020<br>Issued at HKT 17:35</p>\n<p>NNNN</p>").body
    '<p>He said.</p>'
    """
    cuts: list[tuple[int, int, str]] = []
    end = len(html)
    for _ in range(_MOST_LINES):
        start = _last_block(html, end)
        inner = _only_block(html, start, end) if start >= 0 else None
        if inner is None:
            break
        lines = [_TAG.sub("", part).strip() for part in inner.split("<br>")]
        number = len(lines)
        while number and (not lines[number - 1] or _closes(lines[number - 1])):
            number -= 1
        if number == len(lines):
            break
        cuts.insert(0, (start, number, "\n".join(line for line in lines[number:] if line)))
        if number:
            break
        end = start
    found = _from_end("\n".join(cut[2] for cut in cuts).split("\n"))
    if not found:
        return SignOff(body=html)
    for start, number, closing in cuts:
        if found[0] in closing.split("\n"):
            body = html[:start].rstrip()
            if number and (block := re.compile(r"<p>(.*?)</p>", re.DOTALL).match(html, start)):
                body = html[:start] + "<p>" + "<br>".join(block[1].split("<br>")[:number]) + "</p>"
            return SignOff(body=body.removesuffix("<hr>").rstrip(), published=_instant(found, zone), found=found)
    return SignOff(body=html)


def _last_block(html: str, end: int) -> int:
    """Return where the last paragraph, heading or rule before *end* begins, -1 where there is none."""
    start = -1
    for tag in _BLOCKS:  # each looked for behind the one before only
        start = max(start, html.rfind(tag, max(start, 0), end))
    return start


def _only_block(html: str, start: int, end: int) -> str | None:
    """Return what the block at *start* holds, "" for `<hr>`, None where it is not all that stands before *end*."""
    block = _BLOCK.match(html, start, end)
    if block is None:
        return None
    if not block[1]:
        return None if html[block.end() : end].strip() else ""
    close = html.find(f"</{block[1]}>", block.end(), end)
    if close < 0 or html[close + len(block[0]) + 1 : end].strip():
        return None
    return html[block.end() : close]


def issued_on_behalf(text: str) -> str:
    """Return the body for which the release *text* was issued, as its first line says, or "".

    >>> issued_on_behalf("The following is issued on behalf of the Hospital Authority:")
    'Hospital Authority'
    >>> issued_on_behalf("下稿代醫院管理局發出：")
    '醫院管理局'
    """
    match = _BEHALF.search(text[:400])
    return (match["en"] or match["zh"] or match["zh2"]).strip() if match else ""


def _closes(line: str) -> bool:
    return len(line) <= 90 and any(rule.match(line) for rule in (_END_LINE, _ENDS_WITH_DATE, _ISSUED, _DATE_LINE))


def _from_end(lines: list[str]) -> tuple[str, ...]:
    """Return *lines* from the word that says "end" on: a date alone closes nothing."""
    found = [line.strip() for line in lines if line.strip()]
    for number, line in enumerate(found):
        if _END_LINE.match(line) or _ENDS_WITH_DATE.match(line) or _ISSUED.match(line):
            return tuple(found[number:])
    return ()


@lru_cache(maxsize=64)  # a body is read as text and as HTML
def _instant(lines: tuple[str, ...], zone: str) -> datetime | None:
    if all(_END_LINE.match(line) for line in lines):
        return None
    return read_date(" ".join(lines).replace("/", " ", 1), zone=zone, seen=datetime(1970, 1, 1, tzinfo=UTC))
