"""Write the operator's own file of a source anew, if it can be read afterwards."""

from __future__ import annotations

from pathlib import Path

from crawler.source import Source, load_sources
from feeds.error import ConfigError

__all__ = ["rewrite", "told"]


def rewrite(folder: Path, source: Source, text: str) -> Path:
    """Write *text* as the file of *source* in *folder*; return the file.

    ConfigError, and what was there before, where it describes no source.
    """
    path = folder / f"{source.key}.toml"
    before = path.read_bytes() if path.exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    try:
        load_sources(folder, use=[source.key])
    except ConfigError:
        path.unlink() if before is None else path.write_bytes(before)
        raise
    return path


def told(path: Path, before: str) -> str:
    """Return what to say of *path*, the new file of a source that was read from the file *before*.

    >>> told(Path("sources.d/a-en.toml"), "crawler/sources/a-en.toml")
    'sources.d/a-en.toml: written; this copy of yours is read in place of crawler/sources/a-en.toml'
    >>> told(Path("sources.d/a-en.toml"), "sources.d/a-en.toml")
    'sources.d/a-en.toml: written'
    """
    own = Path(before) == path
    return f"{path}: written" + ("" if own else f"; this copy of yours is read in place of {before}")
