"""Published files, held in memory and looked at again with one stat a request."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from feeds.serve.kind import FEED_CACHE, Kind, kind_of
from feeds.site import Site

__all__ = ["Files", "Header", "Served", "is_plain"]

Header = tuple[bytes, bytes]

_ROOM = 256 * 1024 * 1024
# What a 304 repeats (RFC 9110 §15.4.5), and what a reader in a browser needs to see it.
_REPEATED = frozenset({b"last-modified", b"cache-control", b"vary", b"link", b"access-control-allow-origin"})
_WORTH = 512  # bytes from which compressing pays


@dataclass(frozen=True, slots=True)
class Served:
    """One file, ready to be sent: its bytes plain and compressed, and the headers of each answer."""

    stamp: tuple[int, int, int]
    kind: Kind
    modified: datetime
    tags: tuple[str, ...]
    plain: bytes
    packed: bytes | None
    plain_headers: tuple[Header, ...]
    packed_headers: tuple[Header, ...]
    unchanged: Mapping[str, tuple[Header, ...]]
    twin: str

    @property
    def size(self) -> int:
        """How much memory it takes."""
        return len(self.plain) + len(self.packed or b"")


class Files:
    """The files below *directory*; nothing outside it, nothing hidden."""

    def __init__(self, directory: Path, site: Site) -> None:
        """Serve *site* from *directory*, which need not exist yet."""
        self._directory = directory
        self._site = site
        self._held: OrderedDict[str, Served] = OrderedDict()
        self._size = 0
        self._twins: dict[str, str] = {}
        self._twins_stamp: tuple[int, int, int] | None = None

    def find(self, path: str) -> Served | None:
        """Return the file at *path* ("feeds/ai.atom"), None where there is none that we show."""
        held = self._held.get(path)
        try:
            if held is not None:
                if _stamp(os.stat(f"{self._directory}/{path}")) == held.stamp:  # noqa: PTH116 -- a third of the cost
                    return held
                self._forget(path)
            return self._load(path)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            self._forget(path)
            return None

    def is_folder(self, path: str) -> bool:
        """Return whether *path* is a folder with a page of its own."""
        return is_plain(path) and (self._directory / path / "index.html").is_file()

    def _load(self, path: str) -> Served | None:
        if not is_plain(path):
            return None
        target = self._directory / path
        root = self._directory.resolve()
        if not target.resolve().is_relative_to(root) or not target.is_file():
            return None
        with target.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            body = file.read()
        served = self._make(path, body, stamp)
        if served.size <= _ROOM // 4:
            self._held[path] = served
            self._size += served.size
            while self._size > _ROOM:
                _, oldest = self._held.popitem(last=False)
                self._size -= oldest.size
        return served

    def _make(self, path: str, body: bytes, stamp: tuple[int, int, int]) -> Served:
        kind = kind_of(path, self._site)
        if path.startswith("feeds/archive/") and not _is_finished(body):
            kind = replace(kind, cache=FEED_CACHE)
        name = blake2b(body, digest_size=12).hexdigest()
        packed = self._pack(path, body) if kind.is_text and len(body) >= _WORTH else None
        tags = (f'"{name}"', f'"{name}-gz"') if packed else (f'"{name}"',)
        modified = datetime.fromtimestamp(stamp[0] / 1e9, UTC)
        twin = self._twin(path) if kind.is_feed else ""
        common = _common(kind, modified, self._links(path, twin) if kind.is_feed else "")
        kept = tuple(header for header in common if header[0] in _REPEATED)
        return Served(
            stamp=stamp,
            kind=kind,
            modified=modified,
            tags=tags,
            plain=body,
            packed=packed,
            plain_headers=(*common, (b"etag", tags[0].encode()), (b"content-length", b"%d" % len(body))),
            packed_headers=(
                *common,
                (b"etag", tags[-1].encode()),
                (b"content-encoding", b"gzip"),
                (b"content-length", b"%d" % len(packed or b"")),
            ),
            unchanged={tag: (*kept, (b"etag", tag.encode())) for tag in tags},
            twin=twin,
        )

    def _pack(self, path: str, body: bytes) -> bytes:
        """Return *body* compressed: the file beside it if it is of these bytes, which its trailer tells."""
        trailer = zlib.crc32(body).to_bytes(4, "little") + (len(body) & 0xFFFFFFFF).to_bytes(4, "little")
        try:
            packed = (self._directory / f"{path}.gz").read_bytes()
        except OSError:
            packed = b""
        return packed if packed.endswith(trailer) else gzip.compress(body, 6, mtime=0)

    def _links(self, path: str, twin: str) -> str:
        """Return the Link header of a feed: WebSub asks for hub and self, a browser for the page."""
        kinds = [(self._site.url(path), "self", ""), (twin, "alternate", '; type="text/html"')]
        if self._site.hub:
            kinds.insert(0, (self._site.hub, "hub", ""))
        return ", ".join(f'<{url}>; rel="{rel}"{more}' for url, rel, more in kinds if url)

    def _twin(self, path: str) -> str:
        """Return the address of the page that shows the feed at *path*."""
        if path.startswith(("status.", "feeds/corrections.")):
            return self._site.url("status/" if path.startswith("status.") else "corrections/")
        index = self._directory / "feeds/index.json"
        try:
            stamp = _stamp(index.stat())
            if stamp != self._twins_stamp:
                self._twins = _twins(json.loads(index.read_bytes()))
                self._twins_stamp = stamp
        except (OSError, ValueError):
            return ""
        return self._twins.get(urlsplit(self._site.url(path)).path, "")

    def _forget(self, path: str) -> None:
        held = self._held.pop(path, None)
        if held is not None:
            self._size -= held.size


def is_plain(path: str) -> bool:
    r"""Return whether *path* names something below the root: no `..`, nothing hidden, no second name for it.

    >>> [is_plain(path) for path in ("feeds/ai.atom", "../x", "feeds//ai.atom", ".git/config", "a\\b", "")]
    [True, False, False, False, False, True]
    """
    if "\\" in path or "\0" in path:
        return False
    return not path or all(part and not part.startswith(".") for part in path.removesuffix("/").split("/"))


def _is_finished(archive: bytes) -> bool:
    """Return whether a document of the past says of itself that it stays as it is."""
    start = archive[:4096]
    return b"<fh:archive/>" in start or b'"archive":true' in start


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _common(kind: Kind, modified: datetime, links: str) -> tuple[Header, ...]:
    headers = [
        (b"content-type", kind.type.encode()),
        (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        (b"cache-control", kind.cache.encode()),
        (b"vary", b"Accept-Encoding, Sec-Fetch-Dest" if kind.is_feed else b"Accept-Encoding"),
        (b"accept-ranges", b"bytes"),
        (b"content-security-policy", kind.policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    if kind.type.startswith("text/html"):
        headers.append((b"cross-origin-opener-policy", b"same-origin"))
    else:  # readers that run in a browser fetch from anywhere
        headers.append((b"access-control-allow-origin", b"*"))
        headers.append((b"access-control-expose-headers", b"ETag, Last-Modified, Link"))
    if links:
        headers.append((b"link", links.encode("ascii", "ignore")))
    return tuple(headers)


def _twins(index: Mapping[str, list[dict[str, object]]]) -> dict[str, str]:
    found = {}
    for item in index.get("items", []):
        told = item.get("_baywire")
        for feed in told.get("feeds", []) if isinstance(told, dict) else []:
            found[urlsplit(str(feed["url"])).path] = str(item["url"])
    return found
