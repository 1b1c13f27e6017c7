"""Who a release is: canonical addresses, ids that are minted once, and what counts as another wording."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

__all__ = [
    "DEFAULT_AUTHORITY",
    "Address",
    "canonical",
    "clean_address",
    "closeness",
    "is_beside",
    "is_marked_correction",
    "is_reissue",
    "is_unlike",
    "local_part",
    "loose",
    "material_digest",
    "release_id",
    "title_key",
]

# The date is part of the name (RFC 4151), never today's. ".invalid" is nobody's (RFC 2606): who
# publishes to the world names a domain of their own, and keeps it.
DEFAULT_AUTHORITY: Final = "baywire.invalid,2026"

_TRACKING: Final = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs(?:enc|mi)|spm|wt\.mc_id|"
    r"fontsize|print|printview|printable|phpsessid|jsessionid|aspsessionid\w*)",
    re.IGNORECASE,
)
# "sid=7" may be a section: a session is long, of figures and letters.
_SESSION: Final = re.compile(
    r"(?:s|sid|sess|sessid|session|session[_-]?id|user_?session|oscsid|zenid|cftoken)="
    r"(?=[a-z-]*\d)(?=[\d-]*[a-z])[0-9a-z-]{16,}",
    re.IGNORECASE,
)
_PRINT_VALUE: Final = re.compile(
    r"(?:view|output|format|mode|action|layout|tmpl)=(?:print|printable|printview)", re.IGNORECASE
)
# One page of one site under another of its names: see `loose`.
_SITE: Final = re.compile(r"(?:www\d?|m|mobile|wap|amp)\.(?=[^.]+\.[^.])")
_INDEX: Final = re.compile(r"/(?:(?:index|default|home)\.(?:x?html?|php\d?|aspx?|jspx?|cfm|do)|amp)$", re.IGNORECASE)
_CHOICE: Final = re.compile(
    r"(?:l|hl|lng|lang|language|locale)=(?:[a-z]{2,3}(?:[-_][a-z]{2,4}){0,2}|english|chinese|portuguese)|"
    r"amp(?:=1|=true|=)?|outputtype=amp",
    re.IGNORECASE,
)
# The Hong Kong government's converter to Simplified characters: sc.isd.gov.hk/TuniS/www.info.gov.hk/...,
# in 2021 and 2022 with two slashes; older pages have sc.info.gov.hk/gb/.
_CONVERTER: Final = re.compile(r"/+(?:TuniS|gb)/+(?P<host>[\w-]+(?:\.[\w-]+)+)(?P<path>/.*)?", re.IGNORECASE)
# What stands for a page within one address: "#!/news/7", "#/news/7"; "#/" alone is the address itself.
_ROUTE: Final = re.compile(r"!|/\w")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPACE: Final = re.compile(r"[\s\x00-\x1f]")
_GIA: Final = re.compile(r"(?:www\.)?info\.gov\.hk")


class Address(NamedTuple):
    """A canonical address; *language* only where one address has two, by a converter."""

    url: str
    language: str = ""


def clean_address(url: str) -> str:
    """Return *url* as a person would pass it on: no anchor, no tracking, no session, no view option.

    >>> clean_address("http://www.info.gov.hk/gia/P1.htm?fontSize=1#top")
    'http://www.info.gov.hk/gia/P1.htm'
    >>> clean_address("https://a.example/?id=7&utm_source=rss")
    'https://a.example/?id=7'
    >>> clean_address("https://a.example/#/news/7")
    'https://a.example/#/news/7'
    """
    url = _SPACE.sub(lambda space: _quoted(space[0]), _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", url).strip())
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.netloc:
        return url
    kept = [field for field in parts.query.split("&") if field and not _is_noise(field)]
    fragment = parts.fragment if _ROUTE.match(parts.fragment) else ""
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path, "&".join(kept), fragment))


@lru_cache(maxsize=64)
def _quoted(space: str) -> str:
    return quote(space)


@lru_cache(maxsize=4096)  # asked several times of each address of a page
def canonical(url: str) -> Address:
    """Return the one address that stands for *url* and its variants.

    https, lower-case host without default port, percent-encoding as RFC 3986 §6.2.2 has
    it, no fragment, tracking, session or `?fontSize=`, no print view, no last slash; the
    Simplified view of a converter becomes its original plus the language.

    >>> canonical("http://WWW.info.gov.hk:80/gia/general/201709/21/P2017092100150.htm?fontSize=1#x").url
    'https://www.info.gov.hk/gia/general/201709/21/P2017092100150.htm'
    >>> canonical("http://sc.isd.gov.hk/TuniS//www.info.gov.hk/gia/general/201709/21/P2017092100150.htm")
    Address(url='https://www.info.gov.hk/gia/general/201709/21/P2017092100150.htm', language='zh-Hans')
    >>> canonical("https://www.info.gov.hk/gia/general/201709/21/P2017092100150p.htm").url
    'https://www.info.gov.hk/gia/general/201709/21/P2017092100150.htm'
    >>> canonical("https://a.example/(S(lit3py55t21z5v55vlm25s55))/news/7?sid=5f4dcc3b5aa765d61d83").url
    'https://a.example/news/7'
    >>> canonical("https://a.example/news/7/print/?b=2&a=1").url
    'https://a.example/news/7?a=1&b=2'
    """
    url = clean_address(url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return Address(url)
    if not host:
        return Address(url)
    scheme = "https" if parts.scheme in {"http", "https"} else parts.scheme
    path, language = parts.path, ""
    if host.startswith("sc.") and (converted := _CONVERTER.fullmatch(path)):
        host, path, language = converted["host"].lower(), converted["path"] or "/", "zh-Hans"
    if port not in {None, 80, 443}:
        host = f"{host}:{port}"
    fields = [] if _GIA.fullmatch(host) else parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
    query = urlencode(sorted(fields), errors="surrogateescape")
    return Address(urlunsplit((scheme, host, _canonical_path(path), query, parts.fragment)), language)


@lru_cache(maxsize=4096)
def loose(url: str) -> str:
    """Return what stands for all the addresses at which a site may show the page at *url*: no proof, but a hint.

    Without the name of a host for the web or for phones, without the name of an index, a
    choice of language, AMP. What is read there tells whether it is the same.

    >>> loose("http://m.a.example/news/7/index.html?lang=en") == loose("https://www.a.example/news/7/")
    True
    >>> loose("https://a.example/show?id=7&l=tc") == loose("https://a.example/show?id=8")
    False
    """
    return _hash("\n".join(_loosened(url)))


def local_part(native_id: str, url: str) -> str:
    """Return what names a release within its source: its own number, else a hash of its canonical address.

    A number that could not be the name of a folder is hashed too.

    >>> local_part("P2017092100150", "")
    'P2017092100150'
    >>> local_part("", "http://a.example/7") == local_part("", "https://a.example/7/#top")
    True
    >>> len(local_part("urn:x/../y", ""))
    20
    """
    native = native_id.strip()
    if not native:
        address = canonical(url)
        return _hash(f"{address.url} {address.language}".rstrip())
    return native if re.fullmatch(r"(?!\.)[A-Za-z0-9._-]{1,80}", native) else _hash(native)


def release_id(authority: str, source: str, local: str) -> str:
    """Return the `tag:` URI of the release named *local* in *source* (RFC 4151).

    >>> release_id("news.example,2026", "hk-gia-en", "P2017092100150")
    'tag:news.example,2026:release/hk-gia-en/P2017092100150'
    """
    return f"tag:{authority}:release/{source}/{local}"


def title_key(title: str, published: datetime | None, language: str) -> str:
    """Return what two readings of one release share though their addresses differ; empty where that is nothing.

    It is the title without case, white space, punctuation and marks such as "(Correction)",
    the day it was published where it was published, and the language.

    >>> from datetime import UTC
    >>> day = datetime(2020, 1, 2, 3, tzinfo=UTC)
    >>> title_key("CE speaks (Correction)", day, "en") == title_key("CE  speaks", day, "en")
    True
    """
    bare = "".join(char for char in _fold(_MARK.sub("", title)).casefold() if char.isalnum())
    return _hash(f"{bare} {published.date().isoformat()} {language}") if bare and published else ""


def material_digest(title: str, text: str) -> str:
    r"""Return a hash that moves only when the wording does: not for white space, width of punctuation, quotes, dashes.

    >>> material_digest("A", "x, y") == material_digest("A", "x，y\n")
    True
    >>> material_digest("A", "$3.5 m") == material_digest("A", "$35 m")
    False
    """
    return _hash(f"{_bare(title)}\n{_bare(text)}")


def is_reissue(one: str, other: str, *, marked: bool = False) -> bool:
    """Return whether two texts under one title and day are one release that was issued again.

    They share nine tenths of their words and every number: two cases of a disease are told
    in the same words, but not with the same ages. *marked* says that one calls itself a
    correction: then numbers may differ.

    >>> is_reissue("A man aged 42 was admitted to hospital", "A man aged 38 was admitted to hospital")
    False
    >>> is_reissue("A man aged 42 was admitted to hospital.", "A man aged 42 was admitted to  hospital")
    True
    """
    mine, yours = _counted(one), _counted(other)
    if not marked and _numbers(mine) != _numbers(yours):
        return False
    return _shared(mine, yours) >= (0.8 if marked else 0.9)


def is_beside(one: str, other: str) -> bool:
    """Return whether two different pages stand in one place of a site, where it keeps all of their kind.

    >>> is_beside("https://a.example/news/2026/07/rain-1.htm", "https://a.example/news/2026/08/rain-2.htm")
    True
    >>> is_beside("https://a.example/news/7", "https://a.example/en/press/7.html")
    False
    """
    return _place(one) == _place(other) and canonical(one) != canonical(other)


def closeness(one: str, other: str) -> tuple[float, float]:
    """Return how much two texts have in common: of their numbers, then of their words.

    >>> closeness("aged 42, at home", "aged 42, ill") > closeness("aged 38, ill", "aged 42, ill")
    True
    """
    mine, yours = _counted(one), _counted(other)
    return _shared(_numbers(mine), _numbers(yours)), _shared(mine, yours)


def is_unlike(one: str, other: str) -> bool:
    """Return whether two texts have less than half of their words in common: no edit goes that far.

    >>> is_unlike("The Secretary spoke at noon", "Water supply stops in Sha Tin")
    True
    >>> is_unlike("The Secretary spoke at noon", "The Secretary spoke at midnight")
    False
    """
    return one != other and _shared(_counted(one), _counted(other)) < 0.5


def is_marked_correction(title: str) -> bool:
    """Return whether *title* says of itself that it corrects.

    >>> [is_marked_correction(title) for title in ("CE speaks (Correction)", "行政長官談話（更正）", "CE speaks")]
    [True, True, False]
    """
    return _MARK.search(title) is not None


_MARK: Final = re.compile(
    r"[(\[（【〔](?:[^()（）]{0,20}\b)?(?:correct(?:ion|ed)|amend(?:ed|ment)|revis(?:ed|ion)|re-?issued?|updated?|"
    r"更正|修訂|修订|更新|重發|重发|correcç[ãa]o|rectifica[çc][ãa]o|actualiza\w*)[^()（）]{0,20}[)\]）】〕]",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"\d+(?:[.,:]\d+)*|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]|[^\W\d_]+")
# Marks of one meaning that NFKC leaves apart: quotes, dashes, ideographic stops.
_PUNCTUATION: Final = str.maketrans(
    {**dict.fromkeys("‘’‚‛′´", "'"), **dict.fromkeys("“”„‟″「」『』«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
    | {"。": ".", "、": ",", "…": "...", "·": "・", "•": "・", "․": "."}
)
# What NFKC makes of full-width forms, so that it finds nothing left to do: it takes ten times as long as to look.
_WIDTH: Final = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
_SIGNS: Final = {chr(code): sign for code, sign in (_PUNCTUATION | _WIDTH).items()}
_SIGN: Final = re.compile(f"[{''.join(map(re.escape, _SIGNS))}]")
# White space, controls and what only formats (categories Cc and Cf).
_UNSEEN: Final = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]+"
)


def _fold(text: str) -> str:
    if text.isascii():
        return text
    for sign in set(_SIGN.findall(text)):
        text = text.replace(sign, _SIGNS[sign])
    folded = unicodedata.normalize("NFKC", text)
    return folded if folded == text else folded.translate(_PUNCTUATION)


def _place(url: str) -> tuple[str, ...]:
    """Return site, folder with any figures as one, kind of file and names of fields of *url*."""
    site, path, query, *_ = _loosened(url)
    folder, _, last = path.rpartition("/")
    kind = last.rpartition(".")[2] if "." in last else ""
    return site, re.sub(r"\d+", "0", folder), kind, *(field.partition("=")[0] for field in query.split("&"))


def _loosened(url: str) -> tuple[str, ...]:
    """Return site, path, query, fragment and language of *url* without what a site may put in or leave out."""
    address = canonical(url)
    try:
        parts = urlsplit(address.url)
    except ValueError:
        return address.url, "", "", "", ""
    query = "&".join(field for field in parts.query.split("&") if not _CHOICE.fullmatch(field))
    path = _INDEX.sub("", parts.path).rstrip("/")
    return f"{parts.scheme}:{_SITE.sub('', parts.netloc)}", path, query, parts.fragment, address.language


def _bare(text: str) -> str:
    bare = "".join(_fold(text).split())  # nine times as fast as a regular expression
    return bare if bare.isprintable() else _UNSEEN.sub("", bare)


def _counted(text: str) -> Counter[str]:
    return Counter(_WORD.findall(_fold(text).casefold()))


def _shared(mine: Counter[str], yours: Counter[str]) -> float:
    total = mine.total() + yours.total()
    return 2 * (mine & yours).total() / total if total else 1.0


def _numbers(words: Counter[str]) -> Counter[str]:
    return Counter({word: count for word, count in words.items() if word[0].isdigit()})


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _is_noise(field: str) -> bool:
    name = field.split("=", 1)[0]
    return bool(_TRACKING.fullmatch(name) or _PRINT_VALUE.fullmatch(field) or _SESSION.fullmatch(field))


def _canonical_path(path: str) -> str:
    path = re.sub(r";(?:jsessionid|phpsessid|sid)=[^/]*", "", path, flags=re.IGNORECASE)
    path = re.sub(r"/\((?:[A-Z]\(\w*\))+\)(?=/)", "", path)  # where ASP.NET keeps a session without cookies
    path = quote(unquote(path, errors="surrogateescape"), safe="/!$&'()*+,;=:@~", errors="surrogateescape")
    path = re.sub(r"(?<=\d{4})p(?=\.html?$)", "", path)  # the photograph and print view of a numbered page
    path = re.sub(r"[_-]print(?=\.\w+$)|/print/?$", "", path, flags=re.IGNORECASE)
    return path.rstrip("/") or "/"
