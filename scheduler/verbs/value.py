"""What an option takes: a day, a whole number; a wrong one is told what was expected."""

from __future__ import annotations

from datetime import datetime

import click

__all__ = ["DAY", "Number"]


class _Day(click.ParamType[datetime]):
    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the beginning of the day *value*, without a zone."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d")  # noqa: DTZ007 -- a day
        except ValueError:
            self.fail(f'expected a day such as 2026-06-01; got "{value}"', param, ctx)


DAY = _Day()


class Number(click.IntRange):
    """A whole number from *min* to *max*."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* as a number."""
        try:
            return super().convert(value, param, ctx)  # type: ignore[arg-type]  # text, as it was typed
        except click.BadParameter:
            least, most = self.min or 0, self.max
            bounds = f"from {least:g} to {most:g}" if most is not None else f"of {least:g} or more"
            self.fail(f'expected a whole number {bounds}; got "{value}"', param, ctx)
