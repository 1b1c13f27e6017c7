"""Whether a page is one release with links to others beside it, and no listing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.extract.address import made_like
from crawler.extract.group import Row, width_of
from crawler.extract.meta import Meta, read_meta
from crawler.extract.prose import Prose, prose_beside
from crawler.extract.title import title_of_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["is_single"]

_SURE = 1  # claims
_MANY = 15  # cards, and what is said beside them said in no one place: a front page, however much it says
_LEAST = 250.0  # hardly three lines: no page with less of its own is a text
# What listings are called. A headline may have such a word in it: then the page must say more to be a text.
_OF_LISTS = re.compile(
    r"\b(?:news(?:room)?|(?:press )?releases|opinions|orders|decisions|judge?ments|rulings|statements|speeches|notices|"
    r"announcements|updates|archives?|publications|reports|bulletins|events|results|search|latest|recent|"
    r"not[ií]cias|comunicados|avisos)\b|"
    r"(?:新闻|新聞|公告|通知|公报|公報|动态|動態|要闻|要聞|信息|資訊|文件|政策)(?:公告|公報|公报|发布|發佈|發布|中心|列表|公开|稿)?$|列表",
    re.IGNORECASE,
)
_FRONT = re.compile(r"/?(?:(?:index|default|home)\.\w{3,5})?")  # where a site begins there is no text
_HEADLINE, _LONG_HEADLINE = 30.0, 45.0  # widths: names of pages are shorter


def is_single(  # noqa: PLR0913 - the page, and what was found in it
    root: HtmlElement, body: HtmlElement, url: str, rows: Sequence[Row], *, dated: float, cards: Sequence[Row] = ()
) -> bool:
    """Say whether the page at *url* is a text, and *rows*, of which a share is *dated*, but links beside or in it.

    *cards* are rows of other lists under headings: what is said in them is said of other texts.

    Four things speak for a text: the head calls it an article, its address is made like those of
    the rows, its title is a headline, and what it says of its own. The more of them, the less of each is asked.
    """
    prose = prose_beside(body, rows, cards)
    if prose.outside + prose.between < _LEAST:
        return False
    claims = _claims(root, url, rows)
    front = _FRONT.fullmatch(urlsplit(url).path) is not None
    if (
        claims - 2 * front < _SURE
        and len(cards) + len(rows) >= _MANY
        and prose.together < max(2 * _LEAST, 0.2 * prose.outside)
    ):
        return False
    if prose.inline >= 0.5 and (claims >= 1 or prose.paragraphs >= 3):
        return True
    if claims >= 2 and dated < 0.3 and prose.between >= 2 * _LEAST:
        return True
    return prose.outside >= _asked(prose, claims, dated)


def _asked(prose: Prose, claims: int, dated: float) -> float:
    """Return how much a page must say outside its rows to be a text, by how many things speak for it."""
    if claims >= 3:
        return max(_LEAST, 0.05 * prose.rows)
    if claims == 2:
        return max(1.4 * _LEAST, 0.08 * prose.rows)
    if claims == 1 and prose.paragraphs >= 2:
        return max(2 * _LEAST, 0.25 * prose.rows)
    return max(5 * prose.rows, 12 * _LEAST) if dated > 0.6 else max(prose.rows, 4.8 * _LEAST)


def _claims(root: HtmlElement, url: str, rows: Sequence[Row]) -> int:
    meta = read_meta(root)
    title, origin = title_of_page(root, meta)
    width = width_of(title)
    claims = 2 * _is_article(meta)
    if sum(made_like(row.url) == made_like(url) for row in rows) >= 0.5 * len(rows):
        claims += 2
    if origin == "headline":  # the head names a section, as that of a list: what stands below may be its first story
        claims -= 2
    elif _OF_LISTS.search(title):
        claims -= 1 if width >= _HEADLINE else 2
    elif width >= (_LONG_HEADLINE if origin == "title" else _HEADLINE):
        claims += 1
    return claims


def _is_article(meta: Meta) -> bool:
    """Say whether the head calls the page one article; `og:type` alone is said of any page."""
    kinds = [str(thing.get("@type", "")) for thing in meta.linked]
    articles = sum("NewsArticle" in kind or kind in {"Article", "BlogPosting"} for kind in kinds)
    return bool(meta.meta("article:published_time")) or articles == 1
