"""Headings that many pages have: the name of a body, of a section. The title of a page stands below them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.extract.block import squash
from crawler.extract.heading import heading_of
from crawler.extract.select import fold, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

__all__ = ["headline_below", "is_general", "is_headline"]

_SECTION = re.compile(
    r"(?:(?:all|latest|our|recent|past|official) )?"
    r"(?:(?:press|media|news|public|official|government) )?"
    r"(?:releases?|news|newsroom|announcements?|notices?|statements?|speeches|bulletins?|circulars?|events?|updates?)"
    r"(?: (?:centre|center|archives?|room|details?))?(?: (?:and|&) (?:events|notices|media|publications))?"
    r"|(?:home|press|media)(?: (?:page|room|centre|center))?|untitled|details?"
    r"|(?:notícias|comunicados?(?: de imprensa)?|avisos?|anúncios?|início|sala de imprensa)"
    r"|(?:最新|本局|本署|本廳|本厅|部門|部门|政府|重要|通知|媒體|媒体)?"
    r"(?:首頁|首页|新聞|新闻|消息|公告|公佈|公布|通告|通知|公報|公报|新聞稿|新闻稿|動態|动态|資訊|资讯|詳情|详情)"
    r"(?:稿|公報|公报|公告|中心|發佈|发布|動態|动态|資訊|资讯|詳情|详情|詳細|详细|內容|内容)?",
    re.IGNORECASE,
)
_BODIES = (
    "Administration|Agency|Association|Authority|Board|Bureau|Cent(?:re|er)|Commission|Committee|Council|Department|"
    "Government|Institute|Ministry|Office|Secretariat|Directorate|Treasury|University"
)
# A name and nothing else: every word but the smallest is written with a capital.
_NAME = r"(?:[A-Z][\w.’'-]*|of|for|the|and|&|on|in)"
_BODY = re.compile(
    rf"(?:The )?(?:{_NAME},? ){{0,6}}(?:{_BODIES})|(?:The )?(?:{_BODIES}) (?:of|for|on)(?: {_NAME},?){{1,9}}"
    r"|[\u4e00-\u9fff]{2,14}(?:廳|厅|局|署|處|处|委員會|委员会|辦公室|办公室|協會|协会)"
)
_CLASSED = re.compile(r"(?:\A|[\s_-])(?:title|headline|subject|heading)(?:\Z|[\s_-])", re.IGNORECASE)
_APART = frozenset(["nav", "aside", "footer", "head", "script", "style", "form"])
_PARAGRAPH = 60  # letters, a Chinese character being three
_LONGEST = 200
_LEAST = 8
_HAN = re.compile("[\u3400-\u9fff]")
_MOST_ELEMENTS = 5000


def is_general(text: str) -> bool:
    """Return whether *text* names a section or a body, and is no title of a release.

    >>> [is_general(text) for text in ("Press Releases", "Office of Ports", "公告", "Ports open on Sunday")]
    [True, True, True, False]
    """
    text = " ".join(text.split())
    return len(text) <= _LONGEST and bool(_SECTION.fullmatch(text) or _BODY.fullmatch(text))


def headline_below(root: HtmlElement) -> str:
    """Return the last heading before the text of a page, "" where there is none that says more than a section.

    Where no h2 to h4 does, what has a class such as `news-title` is taken for a heading.

    >>> from crawler.normalise.tree import read_html
    >>> text = "<p>The tolls of the tunnel change on Sunday, as the Government said when it put the plan forward.</p>"
    >>> headline_below(read_html(f"<h1>News</h1><h3>Tolls change</h3>{text}<h3>Other news of today</h3>"))
    'Tolls change'
    """
    headed = classed = ""
    for element in _seen(root):
        tag = element.tag
        if tag in {"h2", "h3", "h4"}:
            text = heading_of(element)
            headed = text if is_headline(text) else headed
        elif _CLASSED.search(element.get("class") or "") and tag != "h1":
            text = fold(text_of(element)[: 2 * _LONGEST])
            classed = text if is_headline(text) else classed
        elif _weight(element.text or "") + sum(_weight(child.tail or "") for child in element) >= _PARAGRAPH:
            break
    return headed or classed


def _seen(root: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements of a page in their order, without those beside its text and within headings."""
    todo = [root]
    for _ in range(_MOST_ELEMENTS):
        if not todo:
            return
        element = todo.pop()
        if not isinstance(element.tag, str) or element.tag in _APART:
            continue
        yield element
        todo.extend(reversed(element))


def is_headline(text: str) -> bool:
    """Return whether *text* is as long as a headline, and no name of a section or a body.

    >>> [is_headline(text) for text in ("Tolls change", "通行費調整", "Dept", "Office of Ports")]
    [True, True, False, False]
    """
    return len(text) <= _LONGEST and _weight(text) >= _LEAST and not is_general(text)


def _weight(text: str) -> int:
    return len(squash(text)) + 2 * len(_HAN.findall(text))
