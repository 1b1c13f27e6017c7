"""What an entry says outside its text: addresses, lines, codes, each in the one form that readers read alike."""

from __future__ import annotations

import re
from html import unescape
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = ["code_of", "kind_of", "line", "person", "web_address"]

_WEB: Final = re.compile(
    r"https?://[a-z0-9_-][a-z0-9._-]*/(?:[\w.~:/?@!$()*+,;=-]|%[0-9A-Fa-f]{2}|&(?!amp;))*", re.ASCII
)
_DEFAULT: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_KEPT: Final = "/:@!$&()*+,;=~%"
_ALONE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# White space but the ideographic, which parts words in Chinese titles; line ends that str.splitlines knows.
_SPACE: Final = re.compile(r"[^\S\u3000]+")
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\ufffe\uffff]+"
)
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31}\d{0,2});")
_ENDED: Final = re.compile(r"</[A-Za-z][\w:-]*\s*>")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_MAIL: Final = re.compile(r"<?\b(?:mailto:)?[^\s<>()@]+@[\w-]+(?:\.[\w-]+)+>?")
_CODE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|x(?:-[A-Za-z0-9]{1,8})+")
_KIND: Final = re.compile(r"[A-Za-z0-9][\w.+!#$&^-]*/[A-Za-z0-9][\w.+!#$&^-]*", re.ASCII)


def web_address(url: str) -> str:
    """Return *url* as an http(s) URI (RFC 3986) that leads to the same page, or "" where it is none.

    Readers differ in what they make of spaces, quotes, letters beyond ASCII and names
    such as 例子.香港; of an address without them they all make the same. What comes out
    is not changed by a second time. A user's name and password are left out.

    >>> web_address("https://例子.香港:443/新聞 一?q='中'")
    'https://xn--fsqu00a.xn--j6w193g/%E6%96%B0%E8%81%9E%20%E4%B8%80?q=%27%E4%B8%AD%27'
    >>> [web_address(url) for url in ("javascript:alert(1)", "/relative", "https:///no", "https://a.example:x/")]
    ['', '', '', '']
    """
    if _WEB.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip().replace("&amp;", "&"))  # which some readers undo, some not
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT or not host:
        return ""
    if port is not None and port != _DEFAULT[parts.scheme]:
        host = f"{host}:{port}"
    path = _quoted(parts.path.replace("\\", "/"))
    return urlunsplit((parts.scheme, host, path or "/", _quoted(parts.query, "?"), _quoted(parts.fragment, "?")))


def line(text: str) -> str:
    r"""Return *text* as one line of plain words, without what turns it, ends a line or is seen by no one.

    Markup that was escaped once too often is undone: some readers show such a line as HTML, others as it stands.

    >>> line("A\u2028B\r\n &amp;amp; <b>C</b>"), line("5 < 6 &c. a<b> in <dialog>")
    ('A B & C', '5 < 6 &c. a<b> in <dialog>')
    """
    for _ in range(3):
        if "&" not in text or not _REFERENCE.search(text):
            break
        text = _REFERENCE.sub(lambda one: unescape(one[0]), text)
    if "</" in text and _ENDED.search(text):
        text = _TAG.sub("", text)
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    elif "  " not in text:
        return text.strip()
    return _SPACE.sub(" ", text).strip()


def person(name: str) -> str:
    """Return *name* as `line` does, without addresses of mail, which are for no reader to keep.

    >>> person("Press Office <press@harbour.example>"), person("press@harbour.example (Press Office)")
    ('Press Office', 'Press Office')
    """
    if "@" not in name:
        return line(name)
    left = line(_MAIL.sub(" ", name))
    return left[1:-1].strip() if left.startswith("(") and left.endswith(")") else left


def code_of(language: str) -> str:
    """Return *language* where it is written as a code of one (RFC 5646), else "und".

    >>> code_of("zh-Hant"), code_of("EN_us"), code_of("")
    ('zh-Hant', 'und', 'und')
    """
    return language if _CODE.fullmatch(language) else "und"


def kind_of(media_type: str) -> str:
    """Return *media_type* without parameters, or "" where it is none.

    >>> kind_of("text/html; charset=utf-8"), kind_of("a document")
    ('text/html', '')
    """
    bare = media_type.partition(";")[0].strip()
    return bare if _KIND.fullmatch(bare) else ""


def _host(name: str) -> str:
    """Return *name* in ASCII, "" where it is no name of a host; IDNA 2003, which the standard library has."""
    if ":" in name:
        name = f"[{name}]"
    elif not name.isascii():
        name = name.encode("idna").decode().lower()
    return name if _HOST.fullmatch(name) else ""


def _quoted(part: str, more: str = "") -> str:
    return quote(_ALONE.sub("%25", part), safe=_KEPT + more, errors="replace")
