"""The HTML of a release: repaired, in paragraphs, sanitised, with absolute links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from crawler.normalise.block import Block, Paragraph, is_bare, settle, text_of, write
from crawler.normalise.character import clean_characters
from crawler.normalise.gate import is_calm, is_calm_by_parts, is_usual, suspects
from crawler.normalise.inline import Mark, Piece, is_tidy, paragraphs_of
from crawler.normalise.node import look_at
from crawler.normalise.tree import read_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    import nh3
    from lxml.html import HtmlElement

__all__ = ["CleanHtml", "clean_html"]

_DROPPED = frozenset([
    "script", "style", "noscript", "template", "iframe", "frame", "frameset", "object", "embed", "applet",
    "head", "title", "meta", "link", "base", "svg", "math", "canvas", "button", "input", "select", "textarea",
    "option", "datalist", "progress", "meter", "map", "area", "source", "track", "noembed", "noframes",
])  # fmt: skip
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_MARKS = frozenset([
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "strong", "sub", "sup", "time", "u", "var",
])  # fmt: skip
_NAMES = {"strike": "s", "tt": "code", "acronym": "abbr", "big": "strong"}
# Where a container may stand; anywhere else only its content is kept.
_PARENTS = {
    "table": None, "ul": None, "ol": None, "dl": None, "blockquote": None, "figure": None,
    "thead": {"table"}, "tbody": {"table"}, "tfoot": {"table"}, "caption": {"table"},
    "tr": {"table", "thead", "tbody", "tfoot"}, "td": {"tr"}, "th": {"tr"},
    "li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}, "figcaption": {"figure"},
}  # fmt: skip
_ATTRIBUTES = {
    "a": ("href", "title"), "img": ("src", "alt", "title", "width", "height"), "abbr": ("title",), "time": ("datetime",),  # noqa: E501 - a table or a pattern that reads better whole
    "bdo": ("dir",), "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan", "scope"), "ol": ("start", "type", "reversed"),  # noqa: E501 - a table or a pattern that reads better whole
}  # fmt: skip
_ADDRESSES = ("href", "src")
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-url")
_FLOW = frozenset([
    "address", "article", "aside", "body", "center", "details", "dialog", "div", "fieldset", "footer", "form",
    "header", "hgroup", "html", "label", "legend", "main", "menu", "nav", "p", "pre", "section", "summary",
    "dir", "marquee", "video", "audio", "picture",
])  # fmt: skip
_DEEPEST = 24
_PASSES = 6
_HANZI = re.compile("[\u3400-\u9fff]")
_WHOLE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
# An address that joining would leave as it is.
_WHOLE_ADDRESS = re.compile(r"https?://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9_/.%+=-]*(?:\?[A-Za-z0-9_/.%+=&-]+)?")
_SCHEMES = frozenset(["http", "https", "mailto", "tel"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHtml:
    """Sanitised *html*, the same as plain *text* with paragraphs parted by blank lines, and the *repairs* made."""

    html: str
    text: str
    repairs: tuple[str, ...] = ()


def clean_html(html: str | HtmlElement, url: str) -> CleanHtml:
    r"""Return the body of a release, found in *html* at *url*, fit to be published. Idempotent, total.

    An element stands for what it holds, and is left as it is. Text is repaired node by
    node; `<br>` and NBSP paragraphs become `<p>`; tables, lists, headings, links and
    images stay; scripts, forms and styles go; links and images are absolute.

    >>> found = clean_html("<br>\u00a0 \u00a0One\u200b.<br>\u00a0<br>Two <a href='x'>links</a>", "https://a.hk/b/")
    >>> found.html
    '<p>One.</p>\n<p>Two <a href="https://a.hk/b/x">links</a></p>'
    >>> found.text, found.repairs
    ('One.\n\nTwo links', ('nbsp-paragraphs', 'zero-width'))
    """
    found, settled = _once(html, url)
    if settled:
        return found
    for _ in range(_PASSES):
        # Folding space and joining pieces may bring together what looks broken: then, and only then, look again.
        if not suspects(found.html) and not suspects(found.text):
            break
        again, _ = _once(found.html, url)
        if again.html == found.html:
            break
        found = CleanHtml(html=again.html, text=again.text, repairs=tuple(sorted({*found.repairs, *again.repairs})))
    return found


def _once(html: str | HtmlElement, url: str) -> tuple[CleanHtml, bool]:
    """Return *html* cleaned once, and whether it was of usual characters that nothing can bring together wrongly."""
    body: HtmlElement | None
    if isinstance(html, str):
        body = read_html(html if _WHOLE.search(html) else f"<html><body>{html}</body></html>").find("body")
    else:
        body = html
    builder = _Builder(url)
    if body is not None:
        builder.walk(body)
    root = builder.finish()
    text = text_of(root)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    bare = is_bare(root)
    html = write(root)
    # Of bare paragraphs the sanitiser writes what we wrote, but for three characters.
    if not bare or "\u00a0" in html or "\r" in html or "\0" in html:
        html = _cleaner().clean(html)
    clean = CleanHtml(html=html, text=text, repairs=tuple(sorted(builder.repairs)))
    if text.isascii() or (builder.usual and not _HANZI.search(text)):
        return clean, True
    # Lines of which each was seen to have nothing to repair: side by side they have nothing either.
    calm = is_calm_by_parts if builder.sure and "joined-paragraph" not in builder.repairs else is_calm
    return clean, bare and calm(text, html)


@cache
def _cleaner() -> nh3.Cleaner:
    import nh3  # noqa: PLC0415 - a native library that only this needs

    return nh3.Cleaner(
        tags={*_MARKS, *_HEADINGS, *_PARENTS, "p", "br", "hr", "img"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )


class _Builder:
    """Walks a tree without recursion and collects blocks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.repairs: set[str] = set()
        self.stack: list[Block] = [Block(tag="")]
        self.heading = ""
        self.pieces: list[Piece] = []
        self.marks: tuple[Mark, ...] = ()
        self.verbatim = 0
        self.usual = self.sure = True  # so far: there was nothing to repair; one look was enough to see it

    def walk(self, body: HtmlElement) -> None:
        todo: list[tuple[HtmlElement, bool, object]] = [(body, False, None)]
        while todo:
            element, leaving, state = todo.pop()
            if leaving:
                self._leave(state)
                if element is not body:
                    self._text(element.tail)
                continue
            tag = element.tag if element is not body else "body"
            if not isinstance(tag, str) or tag in _DROPPED:
                self._text(element.tail)
                continue
            if tag == "p" and not len(element) and element is not body and self._leaf(element.text):
                self._text(element.tail)
                continue
            state = self._enter(element, tag)
            self._text(element.text)
            if len(element):
                todo.append((element, True, state))
                todo += [(child, False, None) for child in reversed(element)]
                continue
            self._leave(state)
            if element is not body:
                self._text(element.tail)

    def _leaf(self, raw: str | None) -> bool:
        """Take in a `<p>` that holds *raw* and nothing else, most of what there is; False where that is not plain."""
        self._flush()
        if not raw or self.verbatim or raw.isspace():
            return False
        text = self._clean(raw)
        if not is_tidy(text):
            return False  # cleaned once more, to the same
        self.stack[-1].children.append(Paragraph(tag=self.heading or "p", lines=[[Piece(text, self.marks)]]))
        return True

    def finish(self) -> Block:
        self._flush()
        settle(self.stack[0], self.repairs)
        return self.stack[0]

    def _enter(self, element: HtmlElement, tag: str) -> object:
        """Open *element*; what is returned says how to leave it."""
        tag = _NAMES.get(tag, tag)
        if tag == "br":
            self.pieces.append(Piece(cut=True))
        elif tag == "img":
            self._image(element)
        elif tag == "hr":
            self._flush()
            self.stack[-1].children.append(Block(tag="hr"))
        elif tag in _MARKS:
            return self._mark(element, tag)
        elif tag in _PARENTS:
            return self._container(element, tag)
        elif tag in _HEADINGS:
            self._flush()
            before, self.heading = self.heading, tag
            return ("heading", before)
        elif tag in _FLOW:
            self._flush()
            self.verbatim += tag == "pre"
            return ("flow", tag)
        return None

    def _leave(self, state: object) -> None:
        match state:
            case None:
                pass
            case ("mark",):
                self.marks = self.marks[:-1]
            case ("container",):
                self._flush()
                self.stack.pop()
            case ("heading", str() as before):
                self._flush()
                self.heading = before
            case ("flow", str() as tag):
                self._flush()
                self.verbatim -= tag == "pre"
            case _:
                pass

    def _mark(self, element: HtmlElement, tag: str) -> object:
        inside = {mark.tag for mark in self.marks}
        if tag in inside or (tag in {"rt", "rp"} and "ruby" not in inside):
            return None
        attributes = self._attributes(element, tag)
        if tag == "a" and "href=" not in attributes:
            return None
        self.marks = (*self.marks, Mark(tag, f"<{tag}{attributes}>"))
        return ("mark",)

    def _container(self, element: HtmlElement, tag: str) -> object:
        self._flush()
        allowed = _PARENTS[tag]
        if len(self.stack) > _DEEPEST or (allowed is not None and self.stack[-1].tag not in allowed):
            return ("flow", tag)
        block = Block(tag=tag, attributes=self._attributes(element, tag))
        self.stack[-1].children.append(block)
        self.stack.append(block)
        return ("container",)

    def _image(self, element: HtmlElement) -> None:
        source = element.get("src") or ""
        if not source.strip() or source.startswith("data:"):
            source = next((value for name in _LAZY if (value := element.get(name))), "")
        attributes = self._attributes(element, "img", src=source)
        if "src=" in attributes:
            self.pieces.append(Piece(image=f"<img{attributes}>", marks=self.marks))

    def _attributes(self, element: HtmlElement, tag: str, **given: str) -> str:
        written = []
        for name in _ATTRIBUTES.get(tag, ()):
            value = given.get(name, element.get(name))
            if value is None:
                continue
            value = self._absolute(value) if name in _ADDRESSES else " ".join(self._clean(value).split())
            if value or name == "alt":
                written.append(f' {name}="{escape(value)}"')
        return "".join(written)

    def _absolute(self, address: str) -> str:
        if _WHOLE_ADDRESS.fullmatch(address):
            return address
        address = clean_characters(address.replace("\t", "").replace("\r", "").replace("\n", "")).strip()
        try:
            joined = urljoin(self.url, address)
            scheme = urlsplit(joined).scheme.lower()
        except ValueError:
            return ""
        return joined if scheme in _SCHEMES and joined.isprintable() else ""

    def _clean(self, raw: str) -> str:
        text, usual = look_at(raw, self.repairs)
        self.sure = self.sure and usual
        self.usual = self.usual and (usual or text is raw or text.isascii() or is_usual(text))
        return text

    def _text(self, raw: str | None) -> None:
        if not raw or (not self.pieces and raw.isspace() and raw.isascii() and not self.verbatim):
            return
        if not self.verbatim:
            self.pieces.append(Piece(raw, self.marks))
            return
        for number, line in enumerate(raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if number:
                self.pieces.append(Piece(cut=True))
            if line:
                self.pieces.append(Piece(line, self.marks))

    def _flush(self) -> None:
        if not self.pieces:
            return
        paragraphs, repairs = paragraphs_of(self._cleaned())
        self.repairs |= repairs
        self.pieces = []
        parent = self.stack[-1]
        parent.children.extend(Paragraph(tag=self.heading or "p", lines=lines) for lines in paragraphs)

    def _cleaned(self) -> Iterator[Piece]:
        """Yield the pieces at hand, their text clean; texts that touch are one text, as the next parser will see it."""
        run: list[str] = []
        marks: tuple[Mark, ...] = ()
        for piece in self.pieces:
            if run and not (piece.text and piece.marks == marks):
                yield Piece(self._clean("".join(run)), marks)
                run = []
            if piece.text:
                run.append(piece.text)
                marks = piece.marks
            else:
                yield piece
        if run:
            yield Piece(self._clean("".join(run)), marks)
