"""What is published lies apart from what is private: the store, its backups, the configuration."""

from __future__ import annotations

from pathlib import Path

__all__ = ["why_not_apart"]

_OURS = ("var", "sources.d", "topics.d")


def why_not_apart(published: Path, *, directory: Path, store_url: str) -> str:
    """Return why nothing may be published into the folder *published*, "" where it may.

    A web server gives out all that lies below it. So neither *directory*, in which
    baywire works, nor the file of an embedded store may, and it is no folder of ours itself.

    >>> here = Path("/srv/feeds")
    >>> why_not_apart(here / "public", directory=here, store_url="sqlite:////srv/feeds/var/baywire.sqlite3")
    ''
    >>> why_not_apart(here, directory=here, store_url="postgresql://db/x")
    'expected a folder of its own: all that lies in /srv/feeds would be published, /srv/feeds/var too'
    >>> why_not_apart(here / "var/www", directory=here, store_url="postgresql://db/x")
    'expected a folder of its own: /srv/feeds/var/www lies in /srv/feeds/var'
    """
    place, working = published.resolve(), directory.resolve()
    ours = [working / name for name in _OURS]
    stored = [Path(store_url.removeprefix("sqlite:///"))] if store_url.startswith("sqlite:////") else []
    for private in [*ours, *(path.resolve() for path in stored)]:
        if private.is_relative_to(place):
            return f"expected a folder of its own: all that lies in {place} would be published, {private} too"
    for private in ours:
        if place.is_relative_to(private):
            return f"expected a folder of its own: {place} lies in {private}"
    return ""
