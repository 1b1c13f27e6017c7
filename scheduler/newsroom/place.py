"""The folder a demo works in: its configuration, its sources, and when its story began."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from feeds.error import ConfigError
from scheduler.newsroom.server import Newsroom
from scheduler.newsroom.story import FOLDER

__all__ = ["DEFAULT_PORT", "Place", "Setting"]

Setting = str | int | list[str]
DEFAULT_PORT = 8400  # what the source files of the newsroom say
_MARK = "newsroom.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of a demo; *start* is when its story began, *port* where its newsroom was last."""

    directory: Path
    start: datetime
    port: int = DEFAULT_PORT

    @classmethod
    def open(cls, directory: Path | None, *, now: datetime) -> Self:
        """Return the place at *directory*, or at a new temporary folder; a story that began there goes on.

        Raises ConfigError where somebody else's baywire works in *directory*.
        """
        if directory is None:
            directory = Path(tempfile.mkdtemp(prefix="baywire-demo-"))
        try:
            directory.mkdir(parents=True, exist_ok=True)
            known = json.loads((directory / _MARK).read_text(encoding="utf-8"))
            return cls(directory=directory, start=datetime.fromisoformat(known["start"]), port=int(known["port"]))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ConfigError(
                f"{directory}: cannot be written: {error.strerror}: choose another folder with -C"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"{directory / _MARK}: is not what a demo wrote: choose another folder with -C") from None
        for name in ("baywire.toml", "sources.d", "var", "public"):
            if (directory / name).exists():
                raise ConfigError(
                    f"{directory}: {name} is there already, and no demo's: choose another folder with -C, "
                    "so that made-up releases do not mix with yours"
                )
        return cls(directory=directory, start=now)

    def newsroom(self, clock: Callable[[], datetime]) -> Newsroom:
        """Return the newsroom of this place, on its last port if that is free."""
        return Newsroom(start=self.start, clock=clock, port=self.port)

    def furnish(self, newsroom: Newsroom, settings: Mapping[str, Setting]) -> None:
        """Write down *settings* ("serve.port" to its value) and the newsroom's sources: every verb works here then."""
        sources = self.directory / "sources.d"
        sources.mkdir(exist_ok=True)
        for path in sorted((FOLDER / "sources").glob("*.toml")):
            text = path.read_text(encoding="utf-8")
            (sources / path.name).write_text(
                text.replace(f"127.0.0.1:{DEFAULT_PORT}", f"127.0.0.1:{newsroom.port}"), encoding="utf-8"
            )
        (self.directory / "baywire.toml").write_text(self._configuration(settings), encoding="utf-8")
        mark = {"start": self.start.isoformat(), "port": newsroom.port}
        (self.directory / _MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")

    def _configuration(self, settings: Mapping[str, Setting]) -> str:
        """Return baywire.toml with *settings* and a combination of two topics."""
        lines = ["# Written by `baywire demo`; it writes it anew each time."]
        for section in sorted({key.partition(".")[0] for key in settings}):
            lines += ["", f"[{section}]"]
            lines += [
                f"{key.partition('.')[2]} = {json.dumps(value, ensure_ascii=False)}"
                for key, value in settings.items()
                if key.startswith(section + ".")
            ]
        lines += ["", "[feeds.ai-and-greater-bay-area]", 'where = "ai and greater-bay-area"', ""]
        return "\n".join(lines)
