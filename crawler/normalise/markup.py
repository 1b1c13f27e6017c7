"""The HTML of a release: repaired, in paragraphs, sanitised, with absolute links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from crawler.normalise.block import Block, Paragraph, settle, text_of, write
from crawler.normalise.character import clean_characters, unescape
from crawler.normalise.gate import suspects
from crawler.normalise.hkscs import modern
from crawler.normalise.inline import Mark, Piece, paragraphs_of
from crawler.normalise.repair import repair
from crawler.normalise.tree import read_html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["CleanHtml", "clean_html"]

_DROPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "head",
        "title",
        "meta",
        "link",
        "base",
        "svg",
        "math",
        "canvas",
        "button",
        "input",
        "select",
        "textarea",
        "option",
        "datalist",
        "progress",
        "meter",
        "map",
        "area",
        "source",
        "track",
        "noembed",
        "noframes",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_MARKS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
    ]
)
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
_FLOW = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "details",
        "dialog",
        "div",
        "fieldset",
        "footer",
        "form",
        "header",
        "hgroup",
        "html",
        "label",
        "legend",
        "main",
        "menu",
        "nav",
        "p",
        "pre",
        "section",
        "summary",
        "dir",
        "marquee",
        "video",
        "audio",
        "picture",
    ]
)
_DEEPEST = 24
_PASSES = 6
_HTML_SPACE = re.compile(r"[\t\n\f\r ]+")
_SCHEMES = frozenset(["http", "https", "mailto", "tel"])
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_DOLLAR = re.compile(r"\\\$(?= ?\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHtml:
    """Sanitised *html*, the same as plain *text* with paragraphs parted by blank lines, and the *repairs* made."""

    html: str
    text: str
    repairs: tuple[str, ...] = ()


def clean_html(html: str, url: str) -> CleanHtml:
    r"""Return the body of a release, found in *html* at *url*, fit to be published. Idempotent, total.

    Text is repaired node by node; `<br>` and NBSP paragraphs become `<p>`; tables,
    lists, headings, links and images stay; scripts, forms and styles go; links and
    images are absolute.

    >>> found = clean_html("<br>\u00a0 \u00a0One\u200b.<br>\u00a0<br>Two <a href='x'>links</a>", "https://a.hk/b/")
    >>> found.html
    '<p>One.</p>\n<p>Two <a href="https://a.hk/b/x">links</a></p>'
    >>> found.text, found.repairs
    ('One.\n\nTwo links', ('nbsp-paragraphs', 'zero-width'))
    """
    found = _once(html, url)
    for _ in range(_PASSES):
        # Folding space and joining pieces may bring together what looks broken: then, and only then, look again.
        if not suspects(found.html) and not suspects(found.text):
            break
        again = _once(found.html, url)
        if again.html == found.html:
            break
        found = CleanHtml(html=again.html, text=again.text, repairs=tuple(sorted({*found.repairs, *again.repairs})))
    return found


def _once(html: str, url: str) -> CleanHtml:
    import nh3  # noqa: PLC0415 - a native library that only this needs

    whole = re.search(r"<(?:html|body)\b", html, re.IGNORECASE)
    body = read_html(html if whole else f"<html><body>{html}</body></html>").find("body")
    builder = _Builder(url)
    if body is not None:
        builder.walk(body)
    root = builder.finish()
    safe = nh3.clean(
        write(root),
        tags={*_MARKS, *_HEADINGS, *_PARENTS, "p", "br", "hr", "img"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )
    text = unicodedata.normalize("NFC", text_of(root))
    return CleanHtml(html=safe, text=text, repairs=tuple(sorted(builder.repairs)))


class _Builder:
    """Walks a tree without recursion and collects blocks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.repairs: set[str] = set()
        self.stack: list[Block] = [Block(tag="")]
        self.heading = ""
        self.pieces: list[Piece] = []
        self.marks: list[Mark] = []
        self.verbatim = 0

    def walk(self, body: HtmlElement) -> None:
        todo: list[tuple[HtmlElement, bool, object]] = [(body, False, None)]
        while todo:
            element, leaving, state = todo.pop()
            if leaving:
                self._leave(state)
                if element is not body:
                    self._text(element.tail)
                continue
            tag = element.tag if isinstance(element.tag, str) else ""
            if not tag or tag in _DROPPED:
                if element is not body:
                    self._text(element.tail)
                continue
            todo.append((element, True, self._enter(element, tag)))
            self._text(element.text)
            todo.extend((child, False, None) for child in reversed(element))

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
            case ("mark",):
                self.marks.pop()
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
        self.marks.append(Mark(tag, f"<{tag}{attributes}>"))
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
            self.pieces.append(Piece(image=f"<img{attributes}>", marks=tuple(self.marks)))

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
        address = clean_characters(re.sub(r"[\t\r\n]", "", address)).strip()
        try:
            joined = urljoin(self.url, address)
            scheme = urlsplit(joined).scheme.lower()
        except ValueError:
            return ""
        return joined if scheme in _SCHEMES and joined.isprintable() else ""

    def _clean(self, raw: str) -> str:
        """Return *raw* repaired and clean; what goes may bare what looks broken beside it, so until all stays."""
        for _ in range(_PASSES):
            folded = _HTML_SPACE.sub(" ", raw)
            raw = self._clean_once(folded)
            if raw == folded:
                break
        return raw

    def _clean_once(self, raw: str) -> str:
        if raw.isascii() and "&" not in raw and "\\" not in raw:
            return clean_characters(raw)
        mended = repair(raw)
        text = mended.text
        if mended.steps:
            self.repairs.add("mojibake")
        if "\ufffd" in text:
            self.repairs.add("lost-characters")
        whole = unescape(text)
        if whole != text:
            self.repairs.add("entities")
        if _DOLLAR.search(whole):
            self.repairs.add("dollar")
            whole = _DOLLAR.sub("$", whole)
        if not whole.isascii():
            if _ZERO_WIDTH.search(whole):
                self.repairs.add("zero-width")
            if _CONTROL.search(whole):
                self.repairs.add("controls")
            if modern(whole) != whole:
                self.repairs.add("old-hkscs")
        return clean_characters(whole)

    def _text(self, raw: str | None) -> None:
        if not raw:
            return
        marks = tuple(self.marks)
        lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n") if self.verbatim else [raw]
        for number, line in enumerate(lines):
            if number:
                self.pieces.append(Piece(cut=True))
            last = self.pieces[-1] if self.pieces else None
            if last and last.text and last.marks == marks:  # one text, as the next parser will see it
                self.pieces[-1] = Piece(text=last.text + line, marks=marks)
            elif line:
                self.pieces.append(Piece(text=line, marks=marks))

    def _flush(self) -> None:
        if not self.pieces:
            return
        cleaned = [
            Piece(text=self._clean(piece.text), marks=piece.marks) if piece.text else piece for piece in self.pieces
        ]
        paragraphs, repairs = paragraphs_of(cleaned)
        self.repairs |= repairs
        self.pieces = []
        parent = self.stack[-1]
        parent.children.extend(Paragraph(tag=self.heading or "p", lines=lines) for lines in paragraphs)
