"""What is answered: finds the file, weighs the conditions; never computes a feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from feeds.render.html import root_of
from feeds.serve.asgi import Message, Receive, Send, lifespan, send_reply
from feeds.serve.file import Copy, Files, Served
from feeds.serve.kind import page_policy
from feeds.serve.moved import renamed, topic_of
from feeds.serve.negotiate import codings, matches, modified_since, span
from feeds.serve.reply import BRIEFLY, NO_STORE, Header, Reply, make, say
from feeds.site import MEDIA_TYPES, Site

__all__ = [
    "READ",
    "Answer",
    "Answers",
    "Front",
    "Health",
    "Serving",
    "application",
]

_NAVIGATING: Header = (b"vary", b"Sec-Fetch-Dest")  # a browser sees a page where a reader gets the feed
# The headers of a request that we read; never Host.
READ = frozenset(
    {
        b"accept-encoding",
        b"if-none-match",
        b"if-modified-since",
        b"if-range",
        b"range",
        b"sec-fetch-mode",
        b"sec-fetch-dest",
        b"accept-language",
    }
)
_SEARCHES = {"search": "html", **{f"search.{form}": form for form in MEDIA_TYPES}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether what is served can be relied on, and why not."""

    ready: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search came to."""

    status: int
    type: str
    body: bytes
    headers: tuple[Header, ...] = ()


class Answers(Protocol):
    """Whoever answers searches: `feeds.serve.Search`."""

    async def answer(self, form: str, query: str, accept_language: str) -> Answer:
        """Return what the query string *query* finds, as "html" or "atom"."""


def application(
    directory: Path,
    *,
    site: Site,
    search: Answers | None = None,
    health: Callable[[], Health] | None = None,
) -> Serving:
    """Return the application that serves *site* from *directory*, for any ASGI server and, faster, for ours.

    Without *search*, /search says that there is none here. *health* decides about
    /readyz; /healthz answers as long as the process does. The Host header is never read.
    """
    return Serving(Files(directory, site), site, search, health)


class Serving:
    """The application: `reply` at once, or `ask` where that takes a search."""

    def __init__(self, files: Files, site: Site, search: Answers | None, health: Callable[[], Health] | None) -> None:
        """Serve *files*; `application` makes one."""
        self._files = files
        self._site = site
        self._search = search
        self._health = health
        self._root = root_of(site)
        self._codings: dict[bytes, tuple[str, ...]] = {}
        self._retired = {*site.retired}
        self._moved = dict(site.moved)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request of an ASGI server."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "http":
            headers = {name: value for name, value in scope["headers"] if name in READ}
            asked = scope["method"], scope["path"], scope["query_string"], headers
            await send_reply(self.reply(*asked) or await self.ask(*asked), scope["method"], send)

    def reply(self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes]) -> Reply | None:
        """Return what is answered to a request for *path* ("/feeds/ai.atom"); None where `ask` must be awaited.

        *headers* are those of `READ`, their names in lower case. The body of an answer to
        HEAD is not to be sent.
        """
        del query
        if method not in ("GET", "HEAD"):
            return _refuse_method(method)
        path = self._below(path)
        place = f"{path}index.html" if path.endswith("/") or not path else path
        for _ in range(3):  # a large file that is replaced between two looks is looked at again
            served = self._files.find(place)
            if served is None:
                return self._other(path, headers, method)
            if served.twin and _navigates(headers):
                return _to_twin(served)
            if (found := self._weigh(place, served, headers, method)) is not None:
                return found
        return say(503, "Being published: ask again in a moment.", NO_STORE, (b"retry-after", b"1"))

    async def ask(self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes]) -> Reply:
        """Return what a search comes to; *method* and *path* are those for which `reply` was None."""
        del method
        if self._search is None:
            return say(404, "Search is not served here.", BRIEFLY)
        form = _SEARCHES[self._below(path)]
        if form != "html" and _navigates(headers):
            return _to_page(f"{self._root}search?{quote(query, safe='=&%+')}", _NAVIGATING)
        language = headers.get(b"accept-language", b"").decode("latin-1")
        found = await self._search.answer(form, query.decode("latin-1"), language)
        policy = page_policy(self._site) if form == "html" else "default-src 'none'; frame-ancestors 'none'; sandbox"
        tag = f'"{blake2b(found.body, digest_size=12).hexdigest()}"'
        told = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            *found.headers,
        ]
        if form == "html":
            told.append((b"vary", b"Accept-Language"))
        else:
            told += [(b"access-control-allow-origin", b"*"), _NAVIGATING]
        if found.status == 200:
            told.append((b"etag", tag.encode()))
            if matches(headers.get(b"if-none-match", b"").decode("latin-1"), (tag,)):
                return make(304, told)
        told += [(b"content-type", found.type.encode()), (b"content-length", b"%d" % len(found.body))]
        return make(found.status, told, found.body)

    def _below(self, path: str) -> str:
        """Return *path* below the site, whether or not a proxy took its folder off."""
        if self._root != "/" and path.startswith(self._root):
            return path[len(self._root) :]
        return path[1:]

    def _weigh(self, place: str, served: Served, headers: Mapping[bytes, bytes], method: str) -> Reply | None:
        if (held := _held(served, headers)) is not None:
            return held
        if method == "GET" and b"range" in headers and (part := _part(served, headers)) is not None:
            return self._cut(place, served.plain, part, method)
        copy = served.plain
        if served.packed:
            copy = next((served.packed[one] for one in self._taken(headers) if one in served.packed), copy)
        return copy.whole or self._open(place, copy, make(200, copy.headers), (0, copy.size), method)

    def _cut(self, place: str, copy: Copy, part: tuple[int, int], method: str) -> Reply | None:
        start, end = part
        if start >= copy.size:
            return say(416, "Nothing in this range.", (b"content-range", b"bytes */%d" % copy.size))
        kept = [header for header in copy.headers if header[0] != b"content-length"]
        kept += [
            (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, copy.size)),
            (b"content-length", b"%d" % (end - start)),
        ]
        if copy.body is not None:
            return make(206, kept, copy.body[start:end])
        return self._open(place, copy, make(206, kept), part, method)

    def _open(self, place: str, copy: Copy, bare: Reply, part: tuple[int, int], method: str) -> Reply | None:
        if method == "HEAD":
            return bare
        file = self._files.open(place, copy)
        if file is None:
            return None
        file.seek(part[0])
        return replace(bare, file=file, count=part[1] - part[0])

    def _taken(self, headers: Mapping[bytes, bytes]) -> tuple[str, ...]:
        asked = headers.get(b"accept-encoding", b"")
        known = self._codings.get(asked)
        if known is None:
            known = codings(asked.decode("latin-1"))
            if len(self._codings) < 1000:
                self._codings[asked] = known
        return known

    def _other(self, path: str, headers: Mapping[bytes, bytes], method: str) -> Reply | None:
        if path in _SEARCHES:
            return None
        if path in {"healthz", "readyz"}:
            return self._state(path)
        if path and not path.endswith("/") and self._files.is_folder(path):
            return say(301, "Moved.", (b"location", quote(f"{self._root}{path}/").encode()), BRIEFLY)
        if (topic := topic_of(path)) in self._retired:
            return say(410, f"The topic {topic} has been retired; its feeds are gone for good.", BRIEFLY)
        if topic in self._moved:
            target = quote(self._root + renamed(path, topic, self._moved[topic]))
            return say(301, "Moved for good.", (b"location", target.encode()), BRIEFLY)
        return self._missing(path, headers, method)

    def _state(self, path: str) -> Reply:
        if path == "healthz":
            return say(200, "ok", NO_STORE)
        found = self._health() if self._health else Health(ready=True)
        return say(200, "ready", NO_STORE) if found.ready else say(503, f"not ready: {found.reason}", NO_STORE)

    def _missing(self, path: str, headers: Mapping[bytes, bytes], method: str) -> Reply:
        """Say that nothing is there: as a page to a browser, in one line to everybody else."""
        page = self._files.find("404.html") if headers.get(b"sec-fetch-dest") == b"document" else None
        found = page and (
            page.plain.whole or self._open("404.html", page.plain, make(404, ()), (0, page.plain.size), method)
        )
        if page is None or not found:
            return say(404, f"Nothing at /{path[:200]}", BRIEFLY, _NAVIGATING)
        dropped = (b"etag", b"last-modified", b"cache-control", b"vary", b"accept-ranges")
        kept = [header for header in page.plain.headers if header[0] not in dropped]
        return make(404, (*kept, BRIEFLY, _NAVIGATING), found.body, found.file, found.count)


class Front:
    """The application that *current* returns at each request: another one after the configuration was read again."""

    def __init__(self, current: Callable[[], Serving]) -> None:
        """Pass every request to *current*."""
        self._current = current

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request of an ASGI server."""
        await self._current()(scope, receive, send)

    def reply(self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes]) -> Reply | None:
        """Return what `Serving.reply` does."""
        return self._current().reply(method, path, query, headers)

    async def ask(self, method: str, path: str, query: bytes, headers: Mapping[bytes, bytes]) -> Reply:
        """Return what `Serving.ask` does."""
        return await self._current().ask(method, path, query, headers)


def _refuse_method(method: str) -> Reply:
    allow = (b"allow", b"GET, HEAD, OPTIONS")
    if method != "OPTIONS":
        return say(405, "Only GET and HEAD.", allow)
    cross = (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, Range"),
        (b"access-control-max-age", b"86400"),
    )
    return make(204, (allow, *cross))


def _navigates(headers: Mapping[bytes, bytes]) -> bool:
    return headers.get(b"sec-fetch-dest") == b"document" and headers.get(b"sec-fetch-mode") == b"navigate"


def _to_twin(served: Served) -> Reply:
    """Show the page to a browser that was sent to a feed: it would show the source."""
    return _to_page(urlsplit(served.twin).path or "/", (b"vary", b"Accept-Encoding, Sec-Fetch-Dest"))


def _to_page(location: str, vary: Header) -> Reply:
    return say(303, "See the page of this feed.", (b"location", location.encode()), NO_STORE, vary)


def _held(served: Served, headers: Mapping[bytes, bytes]) -> Reply | None:
    """Return the 304 for the copy that the reader has, if it is still right; a tag decides before a date."""
    asked = headers.get(b"if-none-match")
    if asked is not None:
        known = served.unchanged.get(asked)
        if known is None and (tag := matches(asked.decode("latin-1"), served.tags)) is not None:
            known = served.unchanged[tag.encode()]
        return known
    since = headers.get(b"if-modified-since")
    if since is not None and not modified_since(since.decode("latin-1"), served.modified):
        return served.unchanged[served.tags[0].encode()]
    return None


def _part(served: Served, headers: Mapping[bytes, bytes]) -> tuple[int, int] | None:
    condition = headers.get(b"if-range", b"").decode("latin-1")
    if condition and condition != served.tags[0]:  # a date is too coarse to promise equal bytes
        return None
    return span(headers[b"range"].decode("latin-1"), served.plain.size)
