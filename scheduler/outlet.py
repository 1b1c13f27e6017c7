"""From the store to the files and to those who want to be told: one publication."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic

from feeds.error import PublishError
from feeds.identity import DEFAULT_AUTHORITY
from feeds.publish import Published, publish
from feeds.publish.book import may_lose
from feeds.publish.target import Target
from feeds.site import Site
from scheduler.config import Config
from scheduler.desk import Desk
from scheduler.line import Line

__all__ = ["place_of", "publish_all", "site_of"]

_WAIT_S = 60.0
_AGAIN_S = 0.5

log = logging.getLogger(__name__)


def site_of(config: Config) -> Site:
    """Return what the published files say of the whole."""
    return Site(
        base_url=config.site.base_url,
        title=config.site.title,
        authority=config.site.authority or DEFAULT_AUTHORITY,
        photos=config.site.photos,
        formats=config.publish.formats,
        hub=config.notify.hub,
        combinations=config.feeds,
        languages=config.site.languages,
        brotli=config.publish.brotli,
        retired=config.publish.retired,
        moved=config.publish.moved,
    )


def place_of(config: Config) -> Path | Target:
    """Return where the published files go: the object store that *config* names, else its directory."""
    if not config.publish.target:
        return config.publish.directory
    from feeds.publish.target_s3 import S3Target  # noqa: PLC0415  # obstore is part of an extra

    return S3Target(config.publish.target, site_of(config))


async def publish_all(
    desk: Desk, tell: Callable[[Line], None], *, check: bool = False, if_stale: bool = False
) -> Published | None:
    """Publish what the store holds; *tell* hears how far it is and what was refused.

    *check* only compares. *if_stale*: None, and nothing done, where all is published
    already, maybe by a cycle that ended while this one waited its turn.
    """
    loop = asyncio.get_running_loop()

    def progress(done: int, total: int) -> None:
        loop.call_soon_threadsafe(tell, {"kind": "publishing", "done": done, "total": total})

    async with desk.publishing, _alone(desk):
        if if_stale and not desk.stale:
            return None
        desk.stale = check and desk.stale
        restored = may_lose(desk.store)
        began = monotonic()
        try:
            published = await asyncio.to_thread(
                publish,
                desk.store,
                desk.topics,
                site_of(desk.config),
                place_of(desk.config),
                now=desk.clock(),
                check=check,
                progress=progress,
            )
        except BaseException as error:
            desk.stale, desk.trouble.published = True, f"not published: {error}"  # it will be tried again
            raise
        desk.publish_s = monotonic() - began
    refused = next(iter(published.refused), None)
    desk.trouble.published = f"not published: {refused[0]}: {refused[1]}" if refused else ""
    for path, reason in published.refused:
        tell({"kind": "refused", "path": str(path), "reason": reason})
        log.warning("not published: %s", reason, extra={"path": str(path)})
    line: dict[str, object] = {
        "kind": "published",
        "written": len(published.written) + published.more,
        "removed": len(published.removed),
        "unchanged": published.unchanged,
        "refused": len(published.refused),
    }
    if restored:
        log.info("published what a restored store holds")
        line["restored"] = True
    tell(line | {"differing": sorted([*published.written, *published.removed])} if check else line)
    return published


@asynccontextmanager
async def _alone(desk: Desk) -> AsyncIterator[None]:
    """Wait until nobody else, on whichever machine, publishes from this store, and keep others from it meanwhile."""
    until = monotonic() + _WAIT_S
    while True:
        with desk.store.alone("publish") as mine, _held(desk.config.publish.directory) as free:
            if mine and free:
                yield
                return
        if monotonic() > until:
            raise PublishError("publish: somebody else has been publishing from this store for a minute: try later")
        await asyncio.sleep(_AGAIN_S)


@contextmanager
def _held(directory: Path) -> Iterator[bool]:
    """Yield whether nobody on this machine writes below *directory*, and keep others from it for as long.

    The lock in the database goes with its connection: a server that is started anew forgets who publishes.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:  # not there yet, or no place we may write in, which publishing will tell
        yield True
        return
    try:
        free = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(descriptor)
