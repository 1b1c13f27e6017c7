"""Our own extractor: how likely each block belongs to the body, learnt from pages whose body is known."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.extract.block import Block, squash
from crawler.extract.context import context, kin_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["chances", "features", "is_date_line", "words_of"]

# What the class and id of an element say that holds no body.
_SAYINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"comment",
        r"share|social",
        r"related|recommend|more-?from|popular|trending|most",
        r"sidebar|aside|rail|widget",
        r"newsletter|subscri|signup|promo|cookie|banner|modal|popup",
        r"nav|menu|breadcrumb|header|footer|toolbar|pager",
        r"ad[sv-]|sponsor",
        r"byline|author|meta|credit|date|time",
        r"caption|figure|gallery|slide|photo|image|video",
        r"tag|topic|categor",
        r"copyright|legal|disclaim",
    )
)
_BODY = re.compile(r"article|body|content|entry|post|story|text|main|hentry|zoom|TRS|detail|正文", re.IGNORECASE)
_STOP = re.compile(r"[.!?…。！？\"”'’)）】」』:：;；]$")
_OPENERS = re.compile(
    r"^(?:advertisement|share|tweet|follow|subscribe|sign up|read more|read (?:also|next)|related|see also|more:|"
    r"also (?:read|on)|watch|click|photo|image|picture|getty|credit|source|by |posted|published|updated|copyright|©|"
    r"all rights|comments?|log ?in|register|download|print|email|tags?:|topics?:|filed under|loading|skip|menu|next|"
    r"previous|编辑|責任編輯|责任编辑|責編|责编|来源|來源|作者|记者|扫一扫|分享|打印|关闭|上一篇|下一篇|相关|推荐|版权|"
    r"声明|免责|更多|返回|点击|字号|字体|原标题|标签|微信|转载)",
    re.IGNORECASE,
)
_PHRASES = re.compile(
    r"newsletter|subscribe|sign up|follow (?:us|me|him|her|@)|click here|all rights reserved|terms of|privacy policy|"
    r"read more|cookies|@\w+|copyright|©|e-?mail (?:us|him|her|me)|责任编辑|責任編輯|版权|免责|转载|微信|客户端|"
    r"公众号|二维码",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}:\d\d|年\d{1,2}月")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_PLACES = (
    {"nav", "footer"}, {"aside"}, {"header"}, {"form", "button", "label"}, {"figure", "figcaption"}, {"article"},
    {"ul", "ol", "dl"}, {"table"},
)  # fmt: skip
_TAGS = ("p", "li", "h", "h1", "td", "div", "blockquote", "pre")
# Nodes of a tree: number of a feature or -1, threshold or value, the node where the feature is lower, where higher.
_Tree = list[tuple[int, float, int, int]]
_Model = tuple[float, list[_Tree]]
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])


def words_of(text: str) -> float:
    """Return how many words *text* has; 1.6 Chinese characters count as one.

    >>> words_of("three short words"), words_of("十六個漢字十六個漢字十六個漢字四")
    (3, 10.0)
    """
    han = len(_CJK.findall(text))
    return han / 1.6 if han >= 5 else len(text.split()) + han / 1.6 if han else len(text.split())


def is_date_line(block: Block) -> bool:
    """Say whether *block* is a short line with a day or an hour in it."""
    return words_of(block.text) < 12 and _DATE.search(block.text) is not None


def chances(blocks: Sequence[Block], votes: Sequence[Sequence[bool]], title: str) -> list[float]:
    """Return for each block the chance, 0 to 1, that it belongs to the body, *votes* of other extractors heard.

    Two looks: the second knows what the first made of the blocks around.
    """
    first, second = _models()
    rows = features(blocks, votes, title)
    early = _walk(*first, rows)
    beside = context(kin_of(blocks), [words_of(block.text) for block in blocks], early)
    return _walk(*second, [[*row, *more] for row, more in zip(rows, beside, strict=True)])


def _walk(start: float, trees: Sequence[_Tree], rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the chance of each of *rows*: all of them go down a tree together, parted at each node."""
    columns = list(zip(*rows, strict=True))
    totals = [start] * len(rows)
    every = list(range(len(rows)))
    for tree in trees:
        todo = [(0, every)] if every else []
        while todo:
            node, some = todo.pop()
            number, value, left, right = tree[node]
            if number < 0:
                for row in some:
                    totals[row] += value
                continue
            column = columns[number]
            low = [row for row in some if column[row] <= value]
            if len(low) < len(some):
                todo.append((right, [row for row in some if column[row] > value]))
            if low:
                todo.append((left, low))
    return [1 / (1 + math.exp(-total)) for total in totals]


def features(blocks: Sequence[Block], votes: Sequence[Sequence[bool]], title: str) -> list[list[float]]:
    """Return what is known of each block, as numbers: votes, neighbours, length, links, place, words."""
    if not blocks:
        return []
    sizes = [words_of(block.text) for block in blocks]
    sentences = [
        size * (1 - block.linked) if size >= 8 and _STOP.search(block.text) else 0.0
        for block, size in zip(blocks, sizes, strict=True)
    ]
    mass, best = _masses(blocks, sentences)
    total = sum(sentences) or 1.0
    heard = [sum(vote[number] for vote in votes) for number in range(len(blocks))]
    most = max(1, len(votes))
    sure = [number for number, voices in enumerate(heard) if voices >= max(1, most - 1) and sizes[number] > 5]
    first, last = (sure[0], sure[-1]) if sure else (len(blocks), -1)
    count = Counter(block.squashed for block in blocks)
    known: dict[HtmlElement, list[float]] = {}
    wanted = squash(title)
    rows = []
    for number, block in enumerate(blocks):
        row = [float(vote[number]) for vote in votes]
        row += [heard[number] == len(votes), heard[number] == 0]
        near = [heard[at] / most if 0 <= at < len(blocks) else 0.0 for at in range(number - 3, number + 4)]
        row += [near[2], near[4], (near[0] + near[1]) / 2, (near[5] + near[6]) / 2]
        row += [first <= number <= last, number < first, number > last]
        row += _own(block, sizes[number])
        row += _mass(block, mass, best, total)
        row += _surroundings(block.element, known)
        short_date = is_date_line(block)
        row += [_OPENERS.search(block.text) is not None, _PHRASES.search(block.text) is not None, short_date]
        row += [count[block.squashed] > 1, bool(wanted) and block.squashed == wanted, block.text.isupper()]
        row += [(number - first) / len(blocks) if number < first else 0.0]
        row += [(number - last) / len(blocks) if number > last else 0.0]
        good = [0 <= at < len(blocks) and sentences[at] > 0 for at in range(number - 2, number + 3)]
        row += [good[1], good[3], good[0] + good[1] + good[3] + good[4]]
        parent = block.element.getparent()
        row += [number > 0 and blocks[number - 1].element.getparent() is parent]
        row += [number + 1 < len(blocks) and blocks[number + 1].element.getparent() is parent]
        rows.append([float(value) for value in row])
    return rows


def _own(block: Block, size: float) -> list[float]:
    tag = str(block.element.tag)
    stops = _STOP.search(block.text) is not None
    row = [math.log1p(size), size < 4, size < 10, size > 25, block.linked, block.linked > 0.6, stops]
    row += [size >= 8 and stops and block.linked < 0.3]
    return row + [tag in _HEADINGS if name == "h" else tag == name for name in _TAGS]


def _masses(
    blocks: Sequence[Block], sentences: Sequence[float]
) -> tuple[Mapping[HtmlElement, float], HtmlElement | None]:
    """Return the sentences below each element, and the element that holds most of them closely."""
    mass: dict[HtmlElement, float] = defaultdict(float)
    score: dict[HtmlElement, float] = defaultdict(float)
    for block, weight in zip(blocks, sentences, strict=True):
        if not weight:
            continue
        element: HtmlElement | None = block.element
        while element is not None:
            mass[element] += weight
            element = element.getparent()
        element, share = _holder(block.element), 1.0
        for _ in range(4):
            if element is None or element.tag in {"body", "html"}:
                break
            score[element] += weight * share
            share *= 0.6
            element = element.getparent()
    return mass, max(score, key=score.__getitem__) if score else None


def _mass(block: Block, mass: Mapping[HtmlElement, float], best: HtmlElement | None, total: float) -> list[float]:
    holder = _holder(block.element)
    above = holder.getparent()
    element: HtmlElement | None = block.element
    while element is not None and element is not best:
        element = element.getparent()
    row = [mass.get(holder, 0.0) / total, mass.get(above, 0.0) / total if above is not None else 0.0]
    return [*row, element is not None, math.log1p(total)]


def _holder(element: HtmlElement) -> HtmlElement:
    parent = element.getparent()
    return parent if element.tag == "p" and parent is not None else element


def _surroundings(element: HtmlElement, known: dict[HtmlElement, list[float]]) -> list[float]:
    """Return what the elements around *element* are called and are: one number for each saying and place."""
    chain = []
    here: HtmlElement | None = element
    while here is not None and here not in known:
        chain.append(here)
        here = here.getparent()
    row = known[here] if here is not None else [0.0] * (len(_SAYINGS) + 1 + len(_PLACES))
    for inner in reversed(chain):
        row = list(row)
        said = f"{inner.get('class') or ''} {inner.get('id') or ''}"
        if len(said) > 1 and inner.tag not in {"body", "html"}:
            for number, pattern in enumerate(_SAYINGS):
                if not row[number] and pattern.search(said):
                    row[number] = 1.0
            if _BODY.search(said):
                row[len(_SAYINGS)] = min(3.0, row[len(_SAYINGS)] + 1)
        for number, tags in enumerate(_PLACES):
            if inner.tag in tags:
                row[len(_SAYINGS) + 1 + number] = 1.0
        if "display:none" in (inner.get("style") or "").replace(" ", ""):
            row[len(_SAYINGS) + 1 + 3] = 1.0
        known[inner] = row
    return row


@lru_cache(maxsize=1)
def _models() -> tuple[_Model, _Model]:
    """Return starting value and trees of the first look and of the second, as extract_learn.py wrote them."""
    first, second = json.loads((Path(__file__).parent / "weigh.json").read_text("utf-8"))
    return _model(first), _model(second)


def _model(stored: Mapping[str, Any]) -> _Model:
    return float(stored["start"]), [
        [(int(flat[at]), float(flat[at + 1]), int(flat[at + 2]), int(flat[at + 3])) for at in range(0, len(flat), 4)]
        for flat in stored["trees"]
    ]
