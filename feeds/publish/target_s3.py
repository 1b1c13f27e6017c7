"""An object store as a place for published files: S3 and what speaks like it, through obstore.

A bucket has neither negotiation nor headers of its own: each object carries its media
type and how long it may be kept. A feed and its compressed twins (".gz", ".br") are
objects of their own: what stands under the plain name is plain, for every reader; a twin
is marked with its coding, for a web server in front that picks by Accept-Encoding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from feeds.error import PublishError
from feeds.publish.copies import PACKED
from feeds.publish.target import Body, whole
from feeds.render.packing import start_of
from feeds.serve.kind import FEED_CACHE, is_finished, kind_of
from feeds.site import Site

if TYPE_CHECKING:
    from obstore import Attributes, PutResult

__all__ = ["S3Target", "attributes_of"]

_AT_ONCE: Final = 16  # uploads; each waits some tens of milliseconds for its answer
_WAITING: Final = 64  # bodies held in memory
_RETRY_S: Final = 30
_START: Final = 4096  # of a document: its head


def attributes_of(path: str, site: Site, body: bytes) -> Mapping[str, str]:
    """Return what the object at *path*, which holds *body*, says of itself to whoever fetches it.

    Of the past only a finished month is kept for ever.

    >>> attributes_of("feeds/ai.en.atom", Site(), b"<feed/>")["Content-Type"]
    'application/atom+xml; charset=utf-8'
    >>> attributes_of("feeds/ai.en.atom.gz", Site(), b"")["Content-Encoding"]
    'gzip'
    >>> attributes_of("feeds/archive/ai/2026-01.atom", Site(), b"<feed/>")["Cache-Control"] == FEED_CACHE
    True
    """
    end = next((end for end in PACKED if path.endswith(end)), "")
    kind = kind_of(path.removesuffix(end), site)
    is_open = path.startswith("feeds/archive/") and not is_finished(_start(end, body))
    told = {"Content-Type": kind.type, "Cache-Control": FEED_CACHE if is_open else kind.cache}
    return told | {"Content-Encoding": PACKED[end][0]} if end else told


class S3Target:
    """Files as objects of one bucket, below one prefix.

    Credentials, region and endpoint come from the environment, as AWS names them
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL; AWS_ALLOW_HTTP
    for an endpoint without TLS). An object is replaced whole or not at all, and is seen by
    everybody as soon as its upload has been answered; `settle` waits for all answers, so
    that nothing of a later stage is there before all of an earlier one.
    """

    def __init__(self, url: str, site: Site) -> None:
        """Write to *url*, "s3://bucket/prefix"; nothing is asked yet. PublishError for what is no such place."""
        self._url = url.rstrip("/")
        self._site = site
        try:
            self._store = S3Store.from_url(
                self._url,
                retry_config={"retry_timeout": timedelta(seconds=_RETRY_S)},
            )
        except (BaseError, ValueError) as error:
            raise PublishError(f"{self._url}: {_said(error)}: expected s3://BUCKET/PREFIX") from error
        self._pool: ThreadPoolExecutor | None = None
        self._room = BoundedSemaphore(_WAITING)
        self._waiting: dict[str, Future[PutResult]] = {}
        self._stamps: dict[str, dict[str, str]] = {}  # by first folder, as listed; then as written

    @property
    def name(self) -> str:
        """The address of the place."""
        return self._url

    def read(self, path: str) -> bytes | None:
        """Return the bytes at *path*, None where there is no object."""
        self._wait_for(path)
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise self._trouble(path, error) from error

    def stamp(self, path: str) -> str:
        """Return the ETag of *path*: as its upload was answered, or from one listing of its first folder."""
        self._wait_for(path)
        return self._folder(path).get(path, "")

    def write(self, path: str, body: Body, *, lasting: bool = True) -> None:  # noqa: ARG002 -- every object lasts
        """Begin to upload *body* to *path*; at most 64 bodies wait, then so does the caller."""
        self._wait_for(path)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="s3")
        self._room.acquire()
        try:
            upload = self._pool.submit(self._put, path, whole(body))
        except BaseException:
            self._room.release()
            raise
        upload.add_done_callback(lambda _done: self._room.release())
        self._waiting[path] = upload

    def settle(self) -> None:
        """Wait until every upload has been answered; PublishError for the first that was refused."""
        for path in list(self._waiting):
            self._wait_for(path)
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def remove(self, path: str) -> None:
        """Let *path* be gone."""
        self._wait_for(path)
        try:
            obstore.delete(self._store, path)
        except FileNotFoundError:
            pass
        except BaseError as error:
            raise self._trouble(path, error) from error
        self._stamps.get(_folder_of(path), {}).pop(path, None)

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Yield the path of every object below the folder *prefix*."""
        yield from (path for path, _ in self._list(prefix))

    def _put(self, path: str, body: bytes) -> PutResult:
        attributes: Attributes = dict(attributes_of(path, self._site, body))
        return obstore.put(self._store, path, body, attributes=attributes, use_multipart=False)

    def _wait_for(self, path: str) -> None:
        upload = self._waiting.pop(path, None)
        if upload is None:
            return
        try:
            told = upload.result()
        except (BaseError, OSError) as error:  # a bucket that is absent counts as a file that is
            raise self._trouble(path, error) from error
        self._folder(path)[path] = _plain(told["e_tag"])

    def _folder(self, path: str) -> dict[str, str]:
        folder = _folder_of(path)
        if folder not in self._stamps:
            self._stamps[folder] = dict(self._list(folder) if folder else self._top())
        return self._stamps[folder]

    def _top(self) -> Iterator[tuple[str, str]]:
        """Yield what lies in no folder, without listing the folders: there may be millions of objects in them."""
        try:
            for found in obstore.list_with_delimiter(self._store)["objects"]:
                yield found["path"], _plain(found["e_tag"])
        except BaseError as error:
            raise self._trouble("", error) from error

    def _list(self, prefix: str) -> Iterator[tuple[str, str]]:
        try:
            for chunk in obstore.list(self._store, prefix or None, chunk_size=1000):
                for found in chunk:
                    if found["path"].startswith(prefix):
                        yield found["path"], _plain(found["e_tag"])
        except BaseError as error:
            raise self._trouble(prefix, error) from error

    def _trouble(self, path: str, error: Exception) -> PublishError:
        return PublishError(f"{self._url}/{path}: {_said(error)}: expected a bucket we may write in")


def _start(end: str, body: bytes) -> bytes:
    """Return the beginning of what *body*, the copy whose name ends with *end*, unpacks to."""
    if end == ".gz":
        return zlib.decompressobj(31).decompress(body, _START)
    return start_of(body, _START) if end else body[:_START]


def _folder_of(path: str) -> str:
    first, slash, _ = path.partition("/")
    return f"{first}/" if slash else ""


def _plain(tag: str | None) -> str:
    return (tag or "").strip('"')


def _said(error: Exception) -> str:
    """Return the first line of what the store said: what follows repeats the request."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
