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
from typing import BinaryIO
from urllib.parse import urlsplit

from feeds.render.packing import unpacked
from feeds.serve.kind import FEED_CACHE, Kind, is_finished, kind_of
from feeds.serve.reply import Header, Reply, make
from feeds.site import Site

__all__ = ["Copy", "Files", "Served", "is_plain"]

_ROOM = 64 * 1024 * 1024
_RECORD = 4096  # about what the headers of one file take
_HELD = 256 * 1024  # larger files are sent from the disk
_PACKED_HERE = 4 * 1024 * 1024  # larger files are sent compressed only where the publication has done it
# What a 304 repeats (RFC 9110 §15.4.5), and what a reader in a browser needs to see it.
_REPEATED = frozenset({b"last-modified", b"cache-control", b"vary", b"link", b"access-control-allow-origin"})
_WORTH = 512  # bytes from which compressing pays

_TAGS = {"gzip": "gz", "br": "br"}

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in one coding: its bytes, or where they lie on the disk and how to know them again."""

    headers: tuple[Header, ...]
    size: int
    body: bytes | None
    path: str
    stamp: _Stamp
    whole: Reply | None  # ready to be sent, where the body is held


@dataclass(frozen=True, slots=True)
class Served:
    """One file, ready to be sent: plain, *packed* by coding, and the answers to who has it already."""

    stamp: _Stamp
    kind: Kind
    modified: datetime
    tags: tuple[str, ...]
    plain: Copy
    packed: Mapping[str, Copy]
    unchanged: Mapping[bytes, Reply]
    twin: str

    @property
    def size(self) -> int:
        """How much memory it takes."""
        return _RECORD + sum(len(copy.body or b"") for copy in (self.plain, *self.packed.values()))


class Files:
    """The files below *directory*; nothing outside it, nothing hidden."""

    def __init__(self, directory: Path, site: Site) -> None:
        """Serve *site* from *directory*, which need not exist yet."""
        self._directory = directory
        self._start = f"{directory}/"
        self._site = site
        self._held: OrderedDict[str, Served] = OrderedDict()
        self._size = 0
        self._twins: dict[str, str] = {}
        self._twins_stamp: _Stamp | None = None

    def find(self, path: str) -> Served | None:
        """Return the file at *path* ("feeds/ai.atom"), None where there is none that we show."""
        held = self._held.get(path)
        try:
            if held is not None:
                if _stamp(os.stat(self._start + path)) == held.stamp:  # noqa: PTH116 -- a third of the cost
                    self._held.move_to_end(path)
                    return held
                self._forget(path)
            return self._load(path)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            self._forget(path)
            return None

    def open(self, path: str, copy: Copy) -> BinaryIO | None:
        """Return the file of *copy* opened; None if another has taken its place, after which `find` finds that."""
        try:
            file = Path(copy.path).open("rb")  # noqa: SIM115 -- whoever sends it closes it
        except OSError:
            self._forget(path)
            return None
        if _stamp(os.fstat(file.fileno())) == copy.stamp:
            return file
        file.close()
        self._forget(path)
        return None

    def is_folder(self, path: str) -> bool:
        """Return whether *path* is a folder with a page of its own."""
        try:
            return is_plain(path) and (self._directory / path / "index.html").is_file()
        except (OSError, ValueError):  # a name that no disk can hold
            return False

    def _load(self, path: str) -> Served | None:
        if not is_plain(path):
            return None
        target = self._directory / path
        root = self._directory.resolve()
        if not target.resolve().is_relative_to(root) or not target.is_file():
            return None
        with target.open("rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            served = self._make(path, file, stamp)
        self._held[path] = served
        self._size += served.size
        while self._size > _ROOM:
            _, oldest = self._held.popitem(last=False)
            self._size -= oldest.size
        return served

    def _make(self, path: str, file: BinaryIO, stamp: _Stamp) -> Served:
        read = _Read(file)
        kind = kind_of(path, self._site)
        if path.startswith("feeds/archive/") and not is_finished(read.start):
            kind = replace(kind, cache=FEED_CACHE)
        modified = datetime.fromtimestamp(stamp[0] / 1e9, UTC)
        twin = self._twin(path) if kind.is_feed else ""
        common = _common(kind, modified, self._links(path, twin) if kind.is_feed else "")
        plain_tag = f'"{read.name}"'
        plain = _copy(common, plain_tag, read.held, self._start + path, stamp, read.size)
        packed = self._packed(path, read, common) if kind.is_text and read.size >= _WORTH else {}
        tags = (plain_tag, *(f'"{read.name}-{_TAGS[coding]}"' for coding in packed))
        kept = tuple(header for header in common if header[0] in _REPEATED)
        return Served(
            stamp=stamp,
            kind=kind,
            modified=modified,
            tags=tags,
            plain=plain,
            packed=packed,
            unchanged={tag.encode(): make(304, (*kept, (b"etag", tag.encode()))) for tag in tags},
            twin=twin,
        )

    def _packed(self, path: str, read: _Read, common: tuple[Header, ...]) -> dict[str, Copy]:
        """Return the compressed copies that there are, by coding."""
        made = {"gzip": self._gzipped(path, read, common), "br": self._brotli(path, read, common)}
        return {coding: copy for coding, copy in made.items() if copy is not None}

    def _brotli(self, path: str, read: _Read, common: tuple[Header, ...]) -> Copy | None:
        """Return the copy in brotli that lies beside the file, if it is of these bytes, which unpacking it tells."""
        beside = f"{self._start}{path}.br"
        try:
            with Path(beside).open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if unpacked(file) != read.name:
                    return None
                file.seek(0)
                held = file.read() if stamp[1] <= _HELD else None
        except OSError:
            return None
        headers = (*common, (b"content-encoding", b"br"))
        return _copy(headers, f'"{read.name}-br"', held, beside, stamp, stamp[1])

    def _gzipped(self, path: str, read: _Read, common: tuple[Header, ...]) -> Copy | None:
        """Return the compressed file: the one beside it if it is of these bytes, which its trailer tells."""
        beside = f"{self._start}{path}.gz"
        tag = f'"{read.name}-gz"'
        headers = (*common, (b"content-encoding", b"gzip"))
        try:
            with Path(beside).open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                size = stamp[1]
                file.seek(max(0, size - len(read.trailer)))
                if file.read() == read.trailer:
                    file.seek(0)
                    held = file.read() if size <= _HELD else None
                    return _copy(headers, tag, held, beside, stamp, size)
        except OSError:
            pass
        if read.size > _PACKED_HERE:
            return None
        body = gzip.compress(read.whole(), 6, mtime=0)
        return _copy(headers, tag, body, "", (0, 0, 0), len(body))

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


class _Read:
    """A file read once through: its hash, its length, its beginning; all of it where it is small."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.start = file.read(_HELD + 1)
        digest, crc, self.size, part = blake2b(digest_size=12), 0, 0, self.start
        while part:
            digest.update(part)
            crc = zlib.crc32(part, crc)
            self.size += len(part)
            part = file.read(1024 * 1024)
        self.held = self.start if self.size <= _HELD else None
        self.name = digest.hexdigest()
        self.trailer = crc.to_bytes(4, "little") + (self.size & 0xFFFFFFFF).to_bytes(4, "little")

    def whole(self) -> bytes:
        self._file.seek(0)
        return self._file.read()


def _copy(  # noqa: PLR0913, PLR0917 -- what a copy is made of
    headers: tuple[Header, ...], tag: str, body: bytes | None, path: str, stamp: _Stamp, size: int
) -> Copy:
    told = (*headers, (b"etag", tag.encode()), (b"content-length", b"%d" % size))
    return Copy(told, size, body, path, stamp, None if body is None else make(200, told, body))


def is_plain(path: str) -> bool:
    r"""Return whether *path* names something below the root: no `..`, nothing hidden, no second name, none too long.

    >>> [is_plain(path) for path in ("feeds/ai.atom", "../x", "feeds//ai.atom", ".git/config", "a\\b", "")]
    [True, False, False, False, False, True]
    """
    if "\\" in path or "\0" in path:
        return False
    parts = path.removesuffix("/").split("/")
    return not path or (len(path) < 1000 and all(0 < len(part) < 250 and not part.startswith(".") for part in parts))


def _stamp(found: os.stat_result) -> _Stamp:
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
