"""Notice when the files of topics change while a daemon runs."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Watched"]


class Watched:
    """The topic files of some folders; what is made of a change is for the one who asks."""

    def __init__(self, *folders: Path) -> None:
        """Note how the `*.toml` files of *folders* stand now; a folder that does not exist holds none."""
        self._folders = folders
        self._seen = self._state()

    def changed(self) -> bool:
        """Return whether a file was written, added or removed since this was last asked, or since the beginning."""
        before, self._seen = self._seen, self._state()
        return self._seen != before

    def _state(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return what tells a changed file: its name, time, size and inode."""
        found = []
        for folder in self._folders:
            for file in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
                try:
                    stat = file.stat()
                except OSError:  # removed a moment ago
                    continue
                found.append((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)
