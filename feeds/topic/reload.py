"""Topics that follow their files while a daemon runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feeds.error import ConfigError
from feeds.topic import Topics, load

__all__ = ["Reloaded", "Reloading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What a look at the files brought: whether the rules *changed*, or the *problem* that kept the old ones."""

    changed: bool = False
    problem: str = ""


class Reloading:
    """The topics of some files, read again when a file changes; a bad file leaves the last good set in place."""

    def __init__(self, *paths: Path) -> None:
        """Read the topics of *paths* as `load` does; raises ConfigError, since there is no earlier set to keep."""
        self._paths = paths
        self._seen = self._state()
        self.topics: Topics = load(*paths)
        self.problem = ""

    def refresh(self) -> Reloaded:
        """Look at the files; where one has changed, read them all again.

        A problem is told once, when it appears, and stays in `problem` until it is mended.
        """
        state = self._state()
        if state == self._seen:
            return Reloaded()
        self._seen = state
        try:
            topics = load(*self._paths)
        except ConfigError as error:
            self.problem = str(error)
            return Reloaded(problem=self.problem)
        changed = topics.digest != self.topics.digest or topics.topics != self.topics.topics
        self.topics, self.problem = topics, ""
        return Reloaded(changed=changed)

    def _state(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return what tells a changed file: its name, time, size and inode."""
        found = []
        for path in self._paths:
            for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
                try:
                    stat = file.stat()
                except OSError:
                    continue
                found.append((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)
