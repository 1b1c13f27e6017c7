"""The ASGI application: finds the file, weighs the conditions, sends; never computes a feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from feeds.render.html import root_of
from feeds.serve.file import Files, Header, Served
from feeds.serve.kind import page_policy
from feeds.serve.negotiate import allows_gzip, matches, modified_since, span
from feeds.site import Site

__all__ = ["Answer", "Answers", "Application", "Health", "application"]

Message = MutableMapping[str, Any]  # what ASGI passes
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_WANTED = frozenset(
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
_PLAIN = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)
_NO_STORE = (b"cache-control", b"no-store")
_BRIEFLY = (b"cache-control", b"public, max-age=60")


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
) -> Application:
    """Return the ASGI application that serves *site* from *directory*.

    Without *search*, /search says that there is none here. *health* decides about
    /readyz; /healthz answers as long as the process does. The Host header is never read.
    """
    server = _Server(Files(directory, site), site, search, health)

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        await server.serve(scope, receive, send)

    return serve  # a function: uvicorn takes a bound method for an application of the old kind


class _Server:
    def __init__(self, files: Files, site: Site, search: Answers | None, health: Callable[[], Health] | None) -> None:
        self._files = files
        self._site = site
        self._search = search
        self._health = health
        self._root = root_of(site)
        self._gzip: dict[bytes, bool] = {}
        self._retired = {*site.retired}
        self._moved = dict(site.moved)

    async def serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one connection's request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _answer(self, scope: Message, send: Send) -> None:
        method, path = scope["method"], self._below(scope["path"])
        if method not in ("GET", "HEAD"):
            await self._refuse_method(method, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        served = self._files.find(f"{path}index.html" if path.endswith("/") or not path else path)
        if served is None:
            await self._other(path, scope, headers, send)
            return
        if (
            served.twin
            and headers.get(b"sec-fetch-dest") == b"document"
            and headers.get(b"sec-fetch-mode") == b"navigate"
        ):
            await self._to_twin(served, method, send)
            return
        await self._send_file(served, headers, method, send)

    def _below(self, path: str) -> str:
        """Return *path* below the site, whether or not a proxy took its folder off."""
        if self._root != "/" and path.startswith(self._root):
            return path[len(self._root) :]
        return path[1:]

    async def _send_file(self, served: Served, headers: Mapping[bytes, bytes], method: str, send: Send) -> None:
        if held := _held(served, headers):
            await _respond(send, 304, served.unchanged[held], b"", method)
        elif b"range" in headers and (part := _part(served, headers)) is not None:
            await _send_part(served, part, method, send)
        elif served.packed is not None and self._takes_gzip(headers):
            await _respond(send, 200, served.packed_headers, served.packed, method)
        else:
            await _respond(send, 200, served.plain_headers, served.plain, method)

    def _takes_gzip(self, headers: Mapping[bytes, bytes]) -> bool:
        asked = headers.get(b"accept-encoding", b"")
        known = self._gzip.get(asked)
        if known is None:
            known = allows_gzip(asked.decode("latin-1"))
            if len(self._gzip) < 1000:
                self._gzip[asked] = known
        return known

    async def _to_twin(self, served: Served, method: str, send: Send) -> None:
        """Show the page to a browser that was sent to a feed: it would show the source."""
        location = urlsplit(served.twin).path or "/"
        vary = (b"vary", b"Accept-Encoding, Sec-Fetch-Dest")
        await _say(send, 303, "See the page of this feed.", method, (b"location", location.encode()), _NO_STORE, vary)

    async def _other(self, path: str, scope: Message, headers: Mapping[bytes, bytes], send: Send) -> None:
        method = scope["method"]
        if path in ("search", "search.atom"):
            await self._answer_search(path, scope, headers, send)
        elif path == "healthz":
            await _say(send, 200, "ok", method, _NO_STORE)
        elif path == "readyz":
            found = self._health() if self._health else Health(ready=True)
            text = "ready" if found.ready else f"not ready: {found.reason}"
            await _say(send, 200 if found.ready else 503, text, method, _NO_STORE)
        elif path and not path.endswith("/") and self._files.is_folder(path):
            await _say(send, 301, "Moved.", method, (b"location", quote(f"{self._root}{path}/").encode()), _BRIEFLY)
        elif (topic := _topic_of(path)) in self._retired:
            await _say(send, 410, f"The topic {topic} has been retired; its feeds are gone for good.", method, _BRIEFLY)
        elif topic in self._moved:
            target = quote(self._root + path.replace(topic, self._moved[topic], 1))
            await _say(send, 301, "Moved for good.", method, (b"location", target.encode()), _BRIEFLY)
        else:
            await self._missing(path, headers, method, send)

    async def _missing(self, path: str, headers: Mapping[bytes, bytes], method: str, send: Send) -> None:
        """Say that nothing is there: as a page to a browser, in one line to everybody else."""
        page = self._files.find("404.html") if headers.get(b"sec-fetch-dest") == b"document" else None
        if page is None:
            await _say(send, 404, f"Nothing at /{path[:200]}", method, _BRIEFLY)
            return
        kept = [
            header for header in page.plain_headers if header[0] not in (b"etag", b"last-modified", b"cache-control")
        ]
        await _respond(send, 404, (*kept, _BRIEFLY), page.plain, method)

    async def _answer_search(self, path: str, scope: Message, headers: Mapping[bytes, bytes], send: Send) -> None:
        method = scope["method"]
        if self._search is None:
            await _say(send, 404, "Search is not served here.", method, _BRIEFLY)
            return
        query = scope["query_string"].decode("latin-1")
        language = headers.get(b"accept-language", b"").decode("latin-1")
        form = "atom" if path.endswith(".atom") else "html"
        found = await self._search.answer(form, query, language)
        policy = page_policy(self._site) if form == "html" else "default-src 'none'; frame-ancestors 'none'; sandbox"
        told = [
            (b"content-type", found.type.encode()),
            (b"content-length", b"%d" % len(found.body)),
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"vary", b"Accept-Language"),
            *found.headers,
        ]
        if form == "atom":
            told.append((b"access-control-allow-origin", b"*"))
        await _respond(send, found.status, told, found.body, method)

    async def _refuse_method(self, method: str, send: Send) -> None:
        allow = (b"allow", b"GET, HEAD, OPTIONS")
        if method == "OPTIONS":
            cross = (
                (b"access-control-allow-origin", b"*"),
                (b"access-control-allow-methods", b"GET, HEAD"),
                (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, Range"),
                (b"access-control-max-age", b"86400"),
            )
            await _respond(send, 204, (allow, *cross), b"", "GET")
            return
        await _say(send, 405, "Only GET and HEAD.", "GET", allow)


def _held(served: Served, headers: Mapping[bytes, bytes]) -> str | None:
    """Return the tag of the copy that the reader has, if it is still right; a tag decides before a date."""
    asked = headers.get(b"if-none-match")
    if asked is not None:
        return matches(asked.decode("latin-1"), served.tags)
    since = headers.get(b"if-modified-since")
    if since is not None and not modified_since(since.decode("latin-1"), served.modified):
        return served.tags[0]
    return None


def _part(served: Served, headers: Mapping[bytes, bytes]) -> tuple[int, int] | None:
    condition = headers.get(b"if-range", b"").decode("latin-1")
    if condition and condition != served.tags[0]:  # a date is too coarse to promise equal bytes
        return None
    return span(headers[b"range"].decode("latin-1"), len(served.plain))


async def _send_part(served: Served, part: tuple[int, int], method: str, send: Send) -> None:
    start, end = part
    size = len(served.plain)
    if start >= size:
        await _say(send, 416, "Nothing in this range.", method, (b"content-range", b"bytes */%d" % size))
        return
    kept = [header for header in served.plain_headers if header[0] != b"content-length"]
    kept += [
        (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)),
        (b"content-length", b"%d" % (end - start)),
    ]
    await _respond(send, 206, kept, served.plain[start:end], method)


def _topic_of(path: str) -> str:
    """Return the topic whose feed or page *path* would be.

    >>> _topic_of("feeds/ai.zh-hant.atom"), _topic_of("topics/ai/pt/"), _topic_of("feeds/archive/ai.en/2026-01.atom")
    ('ai', 'ai', 'ai')
    """
    first, _, rest = path.removeprefix("feeds/archive/").removeprefix("feeds/").removeprefix("topics/").partition("/")
    del rest
    return first.partition(".")[0]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _say(send: Send, status: int, text: str, method: str, *headers: Header) -> None:
    body = f"{text}\n".encode()
    await _respond(send, status, (*_PLAIN, *headers, (b"content-length", b"%d" % len(body))), body, method)


async def _respond(send: Send, status: int, headers: Iterable[Header], body: bytes, method: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
