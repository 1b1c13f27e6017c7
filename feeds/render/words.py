"""Words: what pages and notes say, in the language of their feed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

__all__ = ["Words", "words"]

_FILE = Path(__file__).with_name("words.toml")


class Words:
    """The words of one language: `words("pt").corrections`, dates as that language writes them."""

    def __init__(self, language: str, told: Mapping[str, str | list[str]]) -> None:
        """Speak *language* as *told*."""
        self.tag = language
        self._told = told

    def __getattr__(self, key: str) -> str:
        """Return the text *key*; AttributeError where there is none."""
        text = self._told.get(key)
        if not isinstance(text, str):
            raise AttributeError(f"words.toml has no text {key!r}")  # noqa: TRY004 -- what getattr promises
        return text

    def steps(self, key: str) -> tuple[str, ...]:
        """Return the list of texts *key*."""
        return tuple(self._told[key])

    def date(self, moment: datetime) -> str:
        """Return the day of *moment*, in its own zone.

        >>> words("zh-Hant").date(datetime(2025, 6, 12))
        '2025年6月12日'
        """
        return str(self._told["date"]).format(**self._parts(moment))

    def moment(self, moment: datetime) -> str:
        """Return day and time of *moment*, in its own zone.

        >>> words("en").moment(datetime(2025, 6, 12, 18, 5))
        '12 June 2025, 18:05'
        """
        return str(self._told["moment"]).format(**self._parts(moment))

    def stated(self, moment: datetime) -> str:
        """Return when something was published: without a time at midnight, where a page states the day alone.

        >>> words("en").stated(datetime(2025, 6, 12)), words("en").stated(datetime(2025, 6, 12, 18, 5))
        ('12 June 2025', '12 June 2025, 18:05')
        """
        return self.moment(moment) if moment.hour or moment.minute else self.date(moment)

    def month(self, month: str) -> str:
        """Return *month* ("2025-06") in words.

        >>> words("pt").month("2025-06")
        'junho de 2025'
        """
        return str(self._told["month"]).format(**self._parts(datetime.fromisoformat(f"{month}-01")))

    def _parts(self, moment: datetime) -> dict[str, str]:
        return {
            "year": str(moment.year),
            "number": str(moment.month),
            "month": self._told["months"][moment.month - 1],
            "day": str(moment.day),
            "time": f"{moment:%H:%M}",
        }


@cache
def words(language: str) -> Words:
    """Return the words of *language*, English where we have none of it."""
    told = _languages()
    tag = next((tag for tag in told if tag.lower() == language.lower()), "en")
    return Words(tag, told[tag])


@cache
def _languages() -> Mapping[str, Mapping[str, str | list[str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
