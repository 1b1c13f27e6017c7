"""Where a site keeps its list of releases, as far as one of its pages gives it away: near pages, interfaces, JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import urljoin, urlsplit

from crawler.address import host_of
from crawler.extract.address import base_of, join
from crawler.extract.feed import read_instant
from crawler.extract.group import width_of
from crawler.extract.select import fold, text_of
from crawler.normalise.tree import read_html, read_xml

__all__ = [
    "channel_of",
    "interfaces",
    "is_sitemap",
    "json_fields",
    "maps_in",
    "name_of",
    "near_lists",
    "section_of",
    "sitemaps",
]

# What the way to a list of releases is called, the surest first: in its words, and in addresses.
_WORDS: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"press releases?|news releases?|media releases?|新聞公報|新闻公报|新聞稿|新闻稿|新聞發布|新闻发布|"
        r"comunicados?|notas? de imprensa",
        re.IGNORECASE,
    ),
    re.compile(
        r"news ?room|press ?room|media (?:cent(?:re|er)|room)|latest news|what'?s new|最新消息|新聞中心|新闻中心|"
        r"通知公告|要聞|要闻|新聞|新闻|notícias|imprensa",
        re.IGNORECASE,
    ),
    re.compile(r"\bnews\b|\bpress\b|\bmedia\b|\bupdates?\b|\bannouncements?\b|動態|动态|公告|資訊|资讯", re.IGNORECASE),
)
_PATHS = re.compile(r"/(?:press|news|media|release|newsroom|xw|xwzx|tzgg|zwdt|notic|comunicad|imprensa)", re.IGNORECASE)
_TITLES = ("title", "headline", "subject", "name", "caption")
_LINKS = ("url", "link", "href", "permalink", "weburl", "puburl", "pageurl", "path", "detailurl")
_DATES = ("publish", "pubtime", "pubdate", "date", "createtime", "created", "time", "release")
_TEXTS = ("content", "body", "html", "fulltext")
_LEADS = ("summary", "abstract", "description", "excerpt", "digest", "intro")
# What stands under names that say nothing.
_ADDRESS = re.compile(r"^(?:https?://|\.{0,2}/)\S+$|^[\w./-]+\.(?:s?html?|aspx?|jsp|php)(?:\?\S*)?$", re.IGNORECASE)
_DAYLIKE = re.compile(r"(?:19|20)\d\d|\d\d:\d\d")
_TITLE_WIDTH = 12.0, 250.0  # a Chinese character is 2.5 wide
_MAP = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL)
_MOST_NODES = 20_000
_LEAST = 3


def near_lists(text: str, url: str) -> tuple[str, ...]:
    """Return where the page *text* at *url* leads that may list releases, the likeliest first; then up its path.

    >>> near_lists('<a href="/about">About</a><a href="/en/press/">Press releases</a>', "https://a.hk/")
    ('https://a.hk/en/press/',)
    """
    root = read_html(text)
    base, host = base_of(root, url), host_of(url)
    found: dict[str, int] = {}
    for link in root.iter("a"):
        address = join(base, link.get("href", "")).partition("#")[0]
        if not address or host_of(address) != host or address.partition("?")[0] == url.partition("?")[0]:
            continue
        words = fold(text_of(link)) or link.get("title", "")
        rank = next((n for n, pattern in enumerate(_WORDS) if len(words) <= 40 and pattern.search(words)), None)
        if rank is None and _PATHS.search(urlsplit(address).path) and len(words) <= 20:
            rank = len(_WORDS)
        if rank is not None:
            found[address] = min(rank, found.get(address, rank))
    ranked = sorted(found, key=lambda address: found[address])
    return tuple(dict.fromkeys([*ranked, *_above(url)]))


def _above(url: str) -> Iterator[str]:
    """Yield the folders above *url* whose name is that of a newsroom, the nearest first."""
    parts = urlsplit(url)
    folders = parts.path.rstrip("/").split("/")[1:-1]
    for depth in range(len(folders), 0, -1):
        path = "/" + "/".join(folders[:depth]) + "/"
        if _PATHS.search(path):
            yield f"{parts.scheme}://{parts.netloc}{path}"


def interfaces(text: str, url: str) -> tuple[tuple[str, str], ...]:
    """Return the interfaces that the page *text* at *url* gives away: kind of source, and address.

    >>> interfaces("<link rel='https://api.w.org/' href='/wp-json/'>", "https://a.hk/")
    (('wordpress', 'https://a.hk/wp-json/wp/v2/posts?per_page=20'),)
    >>> interfaces("<script>window._CONFIG = {SID:'200',TREE:[]}</script>", "https://a.cn/gkmlpt/index")
    (('gkmlpt', 'https://a.cn/gkmlpt/api/all/0?page=1&sid=200'),)
    """
    found = []
    if directory := re.search(r"_CONFIG\s*=\s*\{[^<]{0,200}?\bSID\s*:\s*['\"]?(\w{1,20})", text):
        found.append(("gkmlpt", urljoin(url, f"/gkmlpt/api/all/0?page=1&sid={directory[1]}")))
    if "api.w.org" in text:
        root = read_html(text)
        said = [link.get("href", "") for link in root.iter("link") if link.get("rel") == "https://api.w.org/"]
        addresses = [address for href in said if (address := join(url, href))]
        found += [("wordpress", urljoin(address, "wp/v2/posts?per_page=20")) for address in addresses]
    return tuple(dict.fromkeys(found))


def sitemaps(robots: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that *robots*, the robots.txt of the site of *url*, names, else where one usually is.

    >>> sitemaps("Sitemap: https://a.hk/map.xml", "https://a.hk/x"), sitemaps("", "https://a.hk/x")
    (('https://a.hk/map.xml',), ('https://a.hk/sitemap.xml',))
    """
    named = re.findall(r"^\s*sitemap\s*:\s*(\S+)", robots, re.IGNORECASE | re.MULTILINE)
    return tuple(one for one in named if host_of(one) == host_of(url))[:3] or (urljoin(url, "/sitemap.xml"),)


def section_of(urls: Sequence[str]) -> str:
    """Return the beginning of the addresses of releases among *urls*, "" where no part of the site is a newsroom.

    >>> section_of([f"https://a.hk/press/{n}" for n in range(5)] + ["https://a.hk/about"])
    'https://a.hk/press/'
    """
    counted: Counter[str] = Counter()
    for url in urls:
        parts = urlsplit(url)
        folders = parts.path.split("/")[1:-1]
        for depth in range(1, len(folders) + 1):
            path = "/" + "/".join(folders[:depth]) + "/"
            if _PATHS.search(path):
                counted[f"{parts.scheme}://{parts.netloc}{path}"] += 1
                break
    found = counted.most_common(1)
    return found[0][0] if found and found[0][1] >= _LEAST else ""


def is_sitemap(text: str) -> bool:
    """Return whether *text* is a sitemap, or the index of some."""
    return bool(
        re.match(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b", text, re.DOTALL)
    )


def maps_in(text: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that the index *text* at *url* names, those of news first."""
    try:
        root = read_xml(text)
    except ValueError:
        return ()
    if not str(root.tag).endswith("sitemapindex"):
        return ()
    found = [join(url, (loc.text or "").strip()) for loc in root.iter("{*}loc")]
    return tuple(sorted((one for one in found if one), key=lambda one: not re.search(r"news|press|post", one)))[:2]


def name_of(text: str) -> str:
    """Return what the site of the page *text* calls itself: its `og:site_name`, else the page's title; "" for none.

    >>> name_of("<meta property='og:site_name' content='Harbour Department'><title>News | HD</title>")
    'Harbour Department'
    """
    root = read_html(text)
    names = [meta.get("content", "") for meta in root.iter("meta") if meta.get("property") == "og:site_name"]
    title = root.find(".//title")
    return fold(names[0] if names else text_of(title) if title is not None else "")[:80]


def channel_of(text: str, url: str) -> tuple[str, str]:
    """Return what the feed *text* at *url* calls itself, and the page it belongs to; "" for what it does not say.

    >>> channel_of("<rss><channel><title>Harbour News</title><link>https://a.hk/en/</link></channel></rss>", "")
    ('Harbour News', 'https://a.hk/en/')
    """
    try:
        root = read_xml(text)
    except ValueError:
        return "", ""
    head = next(iter(root.iterchildren("{*}channel")), root)
    title = next((fold("".join(part.itertext())) for part in head.iterchildren("{*}title")), "")
    links = [
        join(url, part.get("href") or (part.text or "").strip())
        for part in head.iterchildren("{*}link")
        if part.get("rel") in {None, "alternate"}
    ]
    return title[:80], next((link for link in links if link), "")


def json_fields(text: str, *, zone: str) -> Mapping[str, str]:
    """Return the paths of the longest list of titled addresses in the JSON *text*; empty where it holds none.

    >>> json_fields('{"d": [{"headline": "A b", "link": "/1"}, {"headline": "C", "link": "/2"}, '
    ...     '{"headline": "D", "link": "/3"}]}', zone="UTC")
    {'items': 'd', 'url': 'link', 'title': 'headline'}
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    best: tuple[int, Mapping[str, str]] = (0, {})
    for path, rows in _lists(document):
        fields = _fields(rows, zone)
        if fields and len(rows) > best[0]:
            best = len(rows), {"items": path, **fields}
    return best[1]


def _lists(document: object) -> Iterator[tuple[str, list[Mapping[str, object]]]]:
    """Yield every list of objects in *document* with the path to it; names with a dot have none."""
    todo: list[tuple[str, object]] = [("", document)]
    for _ in range(_MOST_NODES):
        if not todo:
            return
        path, value = todo.pop()
        if isinstance(value, Mapping):
            inside = [(f"{path}.{name}".strip("."), part) for name, part in value.items() if "." not in str(name)]
            todo += [(place, part) for place, part in inside if isinstance(part, Mapping | list)]
        elif isinstance(value, list):
            rows = [cast("Mapping[str, object]", row) for row in value if isinstance(row, Mapping)]
            if len(rows) >= _LEAST and len(rows) == len(value):
                yield path, rows


def _fields(rows: Sequence[Mapping[str, object]], zone: str) -> Mapping[str, str]:
    def chosen(names: Sequence[str], fits: re.Pattern[str] | None = None) -> str:
        keys = [key for key in rows[0] if all(isinstance(row.get(key), str | int) for row in rows[:10])]
        for name in names:
            for key in sorted(keys, key=len):
                said = [str(row[key]).strip() for row in rows[:10]]
                if name in key.lower() and all(said) and (fits is None or all(map(fits.search, said))):
                    return key
        return ""

    address = chosen(_LINKS, re.compile(r"^(?:https?://|/|\.|[\w-]+[./])")) or _addresses(rows)
    title = chosen(_TITLES, re.compile(r"[^\W\d_]")) or _headlines(rows, address, zone)
    if not title or not address or len({str(row[address]) for row in rows}) < _LEAST:
        return {}
    found = {"url": address, "title": title}
    date = chosen(_DATES, re.compile(r"\d")) or _instants(rows, zone)
    if date and (str(rows[0][date]).isdecimal() or read_instant(str(rows[0][date]), zone=zone)):
        found["date"] = date
    for name, names in (("html", _TEXTS), ("summary", _LEADS)):
        key = chosen(names)
        if key and key not in found.values():
            found[name] = key
    return found


def _texts(rows: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the names under which every one of *rows* has a text, with the texts."""
    for key in rows[0]:
        values = [row.get(key) for row in rows]
        said = [value.strip() for value in values if isinstance(value, str) and value.strip()]
        if len(said) == len(rows):
            yield key, said


def _addresses(rows: Sequence[Mapping[str, object]]) -> str:
    """Return under what name *rows* have addresses, by what stands there: a name such as lj says it to few."""
    for key, said in _texts(rows):
        if len(set(said)) == len(said) and all(map(_ADDRESS.search, said)):
            return key
    return ""


def _headlines(rows: Sequence[Mapping[str, object]], address: str, zone: str) -> str:
    """Return under what name *rows* have headlines, by what stands there: others each, longer than names, no texts."""
    found = []
    for key, said in _texts(rows):
        width = sum(map(width_of, said)) / len(said)
        whole = sum(text.endswith((".", "。")) for text in said)
        if (
            key == address
            or len(set(said)) < len(said)
            or not _TITLE_WIDTH[0] <= width <= _TITLE_WIDTH[1]
            or 2 * whole > len(said)
            or any(map(_ADDRESS.search, said))
            or all(read_instant(text, zone=zone) for text in said)
        ):
            continue
        found.append((width, key))
    return max(found, default=(0.0, ""))[1]


def _instants(rows: Sequence[Mapping[str, object]], zone: str) -> str:
    """Return under what name *rows* have days or instants, by what stands there."""
    for key, said in _texts(rows):
        if all(_DAYLIKE.search(text) and read_instant(text, zone=zone) for text in said):
            return key
    return ""
