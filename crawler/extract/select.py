"""Selectors of source files: CSS with `::attr(name)` and `::text` behind it, and `:has()`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Selector", "fold", "selector", "text_of"]

_PSEUDO = re.compile(r"::(?:attr\(\s*([\w:-]+)\s*\)|(text))\s*\Z")
_BY_ID = re.compile(r"#([A-Za-z_][\w-]*)(?=\Z|\s+[\w#.\[*:])")
# Most elements have other classes: that is found out without taking their names apart.
_CLASS = re.compile(r"@class and (contains\(concat\(' ', normalize-space\(@class\), ' '\), ' ([\w-]+) '\))")
# A tag, classes, attributes that it has: lxml finds these by itself, many times as fast as by XPath.
_PLAIN = re.compile(r"([A-Za-z][A-Za-z0-9]*)((?:\.-?[A-Za-z_][\w-]*)*)((?:\[[A-Za-z][A-Za-z0-9-]*\])*)", re.ASCII)
_SPACES = str.maketrans("\t\n\r", "   ")  # what XPath calls space, and nothing else
_STEP = re.compile(r"[^\s>+~,:]+")
_AXES = {">": "child::", "~": "following-sibling::", "+": "following-sibling::*[1]/self::", "": "descendant::"}
_BROKEN = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uff60])[^\S\n]*\n\s*(?=[\u2e80-\u9fff\uff00-\uff60])")
_SKIPPED = frozenset(["script", "style", "noscript", "template"])


@dataclass(frozen=True, slots=True)
class _Plain:
    """A *tag* with *classes* that has *attributes*."""

    tag: str
    classes: tuple[str, ...]
    attributes: tuple[str, ...]

    def each(self, root: HtmlElement) -> Iterator[HtmlElement]:
        """Yield *root* and what is below it, in document order, as far as it matches."""
        return filter(self._matches, root.iter(self.tag)) if self.classes or self.attributes else root.iter(self.tag)

    def _matches(self, element: HtmlElement) -> bool:
        for name in self.attributes:
            if element.get(name) is None:
                return False
        if self.classes:
            stated = element.get("class", "")
            for name in self.classes:
                if name not in stated or f" {name} " not in f" {stated} ".translate(_SPACES):
                    return False
        return True


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector: the elements it finds, or the strings when it ends in `::attr(name)` or `::text`."""

    css: str
    path: etree.XPath
    attribute: str = ""
    whole: etree.XPath | None = None  # for a whole page, from the last step back: libxml2 is slow at joining steps
    quick: etree.XPath | None = None  # below the first element of the id that it begins with, where the search ends
    plain: _Plain | None = None  # the same without XPath, where it is that simple

    def elements(self, root: HtmlElement) -> list[HtmlElement]:
        """Return the elements below *root* that match, in document order."""
        if self.plain is not None:
            return list(self.each(root))
        if self.whole is not None and root.getparent() is None:
            return cast("list[HtmlElement]", self.whole(root))
        return cast("list[HtmlElement]", self.path(root))

    def each(self, root: HtmlElement) -> Iterator[HtmlElement]:
        """Yield what `elements` returns, as it is found; meanwhile *root* is not to be changed."""
        return self.plain.each(root) if self.plain is not None else iter(self.elements(root))

    def first(self, root: HtmlElement) -> HtmlElement | None:
        """Return the first element that matches, or None."""
        if self.plain is not None:
            return next(self.plain.each(root), None)
        found: list[HtmlElement] = []
        if self.quick is not None and root.getparent() is None:
            found = cast("list[HtmlElement]", self.quick(root))
        found = found or self.elements(root)
        return found[0] if found else None

    def strings(self, root: HtmlElement) -> list[str]:
        """Return for each match its attribute, or its text with white space folded; empty ones left out."""
        if self.attribute:
            values = [element.get(self.attribute, "") for element in self.elements(root)]
        else:
            values = [text_of(element) for element in self.elements(root)]
        return [folded for value in values if (folded := fold(value))]

    def string(self, root: HtmlElement) -> str:
        """Return the first of `strings`, or ""."""
        either = self.quick or self.plain
        if either is not None and (element := self.first(root)) is not None:
            value = element.get(self.attribute, "") if self.attribute else text_of(element)
            if folded := fold(value):
                return folded
        found = self.strings(root)
        return found[0] if found else ""


@lru_cache(maxsize=4096)
def selector(css: str) -> Selector:
    """Return *css* compiled; ValueError says what is wrong with it.

    >>> from crawler.normalise.tree import read_html
    >>> page = read_html("<a href=/zh><img id=tc></a> <a href=/en>en</a>")
    >>> selector("a:has(> #tc)::attr(href)").strings(page)
    ['/zh']
    >>> selector("a[").string(page)
    Traceback (most recent call last):
    ValueError: Expected ident or '*', got <EOF at 2>
    """
    bare, attribute = css.strip(), ""
    if pseudo := _PSEUDO.search(bare):
        bare, attribute = bare[: pseudo.start()].strip(), pseudo[1] or ""
    quick = None
    if (match := _BY_ID.match(bare)) and "," not in bare:
        rest = bare[match.end() :].strip()
        first = f"descendant-or-self::*[@id = '{match[1]}'][1]"
        quick = _compiled(first + (f"/{_xpath(rest, 'descendant::')}" if rest else ""))
    steps = bare.split()
    whole = None
    if len(steps) > 1 and all(_STEP.fullmatch(step) and step.count("[") == step.count("]") for step in steps):
        whole = _compiled(_backwards(steps))
    plain = None
    if match := _PLAIN.fullmatch(bare):
        names = tuple(name.lower() for name in re.findall(r"\[([^\]]*)\]", match[3]))
        plain = _Plain(match[1].lower(), tuple(match[2].split(".")[1:]), names)
    return Selector(css, _compiled(_xpath(bare, "descendant-or-self::")), attribute, whole, quick, plain)


def _compiled(path: str) -> etree.XPath:
    try:
        return etree.XPath(path)
    except etree.XPathSyntaxError as error:  # what CSS allows and XPath does not
        raise ValueError(f"cannot be used as a selector: {error}") from error


def _backwards(steps: Sequence[str]) -> str:
    """Return *steps*, each somewhere below the one before, as XPath that looks up from the last.

    >>> _backwards(["ul", "li", "a"])
    'descendant-or-self::a[ancestor::li[ancestor::ul]]'
    """
    above = ""
    for step in steps[:-1]:
        above = f"[{_xpath(step, 'ancestor::')}{above}]"
    return _xpath(steps[-1], "descendant-or-self::") + above


def fold(text: str) -> str:
    r"""Return *text* on one line; a line broken between Chinese characters leaves no space.

    >>> fold(" a\n b "), fold("舉辦\n  講座")
    ('a b', '舉辦講座')
    """
    text = text.strip()
    return " ".join((_BROKEN.sub("", text) if "\n" in text and not text.isascii() else text).split())


def text_of(element: HtmlElement) -> str:
    """Return the text of *element* as a person sees it: no script, no style; `<br>` and blocks part words."""
    parts: list[str] = []
    todo: list[tuple[HtmlElement, bool]] = [(element, False)]
    while todo:
        node, leaving = todo.pop()
        if leaving:
            parts.append(node.tail or "")
            continue
        if node is not element:
            todo.append((node, True))
        if not isinstance(node.tag, str) or node.tag in _SKIPPED:
            continue
        if node.tag in {"br", "p", "div", "li", "tr", "td", "dd", "dt", "h1", "h2", "h3"}:
            parts.append("\n")
        parts.append(node.text or "")
        todo.extend((child, False) for child in reversed(node))
    return "".join(parts)


def _xpath(css: str, prefix: str) -> str:
    """Return *css* as XPath; `:has()` goes through a placeholder, since cssselect 1.3 reads only names in it."""
    from cssselect import HTMLTranslator, SelectorError  # noqa: PLC0415 - only while selectors are compiled

    inner: list[str] = []
    text = css
    while (start := text.find(":has(")) >= 0:
        end, depth = start + 5, 1
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if depth:
            raise ValueError("no end of :has(")
        choices = []
        for choice in text[start + 5 : end - 1].split(","):
            combinator = choice.strip()[:1] if choice.strip()[:1] in _AXES else ""
            choices.append(_xpath(choice.strip()[len(combinator) :].strip(), _AXES[combinator]))
        inner.append(" or ".join(choices))
        text = f"{text[:start]}[has-{len(inner) - 1}]{text[end:]}"
    try:
        path = HTMLTranslator().css_to_xpath(text, prefix=prefix)
    except SelectorError as error:
        raise ValueError(str(error)) from error
    path = _CLASS.sub(r"contains(@class, '\2') and \1", path)
    for number, replacement in enumerate(inner):
        path = path.replace(f"@has-{number}", f"({replacement})")
    return path
