"""A folder of recorded pages that answers every request in place of the network."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import CannotResolveHostError
from w3lib.url import safe_url_string

from feeds.error import ConfigError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

__all__ = ["INDEX", "NotRecorded", "Recorded", "Replay", "key", "read_index"]

INDEX: Final = "index.tsv"


class NotRecorded(CannotResolveHostError):  # noqa: N818 - the name others rely on
    """The recorded folder has no such page: to a crawl the same as a host that cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded answer: where its bytes are and what the server said about them."""

    file: Path
    status: int = 200
    content_type: str = ""
    location: str = ""  # where a recorded redirect leads


def read_index(folder: Path) -> Mapping[str, Recorded]:
    """Return the pages of *folder* by address, as written in its `index.tsv`.

    Rows without `original_url` are left out: they are for reading, not for replay.
    ConfigError where the folder, its index, a column or a file is missing.
    """
    index = folder / INDEX
    try:
        with index.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = {"file", "original_url"} - set(reader.fieldnames or ())
            if missing:
                names = ", ".join(sorted(missing))
                raise ConfigError(f"{index}: no column {names}: expected at least file, original_url")
            return {
                key(row["original_url"]): _recorded(folder, row, f"{index}: line {reader.line_num}")
                for row in reader
                if row["original_url"]
            }
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{folder}: is no folder of recorded pages: expected a readable {INDEX}: {error}") from error


def key(url: str) -> str:
    """Return *url* as Scrapy writes it in a request, without its fragment.

    >>> key("https://a.example/新聞?x=1#top")
    'https://a.example/%E6%96%B0%E8%81%9E?x=1'
    """
    return safe_url_string(url.strip()).partition("#")[0]


def _recorded(folder: Path, row: Mapping[str, str | None], where: str) -> Recorded:
    file = folder / (row["file"] or "")
    if not file.is_file():
        raise ConfigError(f"{where}: {file}: is no file: expected the recorded page")
    status = row.get("status") or "200"
    if not (status.isascii() and status.isdigit() and 100 <= int(status) <= 599):
        raise ConfigError(f"{where}: status: expected a number of HTTP; got {status!r}")
    return Recorded(
        file=file,
        status=int(status),
        content_type=row.get("content_type") or "",
        location=row.get("location") or "",
    )


class Replay(BaseDownloadHandler):
    """A download handler that reads recorded pages; spiders and middlewares cannot tell it from a network.

    What is not in the index fails as `NotRecorded`. No `Content-Encoding` is ever stated:
    pages are kept decoded.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        """Open the folder named by the setting BAYWIRE_REPLAY."""
        super().__init__(crawler)
        self._folder = Path(crawler.settings["BAYWIRE_REPLAY"])
        self._pages = read_index(self._folder)

    async def download_request(self, request: Request) -> Response:
        """Return the recorded answer to *request*."""
        from scrapy.http import Response  # noqa: PLC0415 - keeps read_index() cheap for the command line

        recorded = self._pages.get(key(request.url))
        if recorded is None:
            raise NotRecorded(f"{request.url} is not in {self._folder / INDEX}")
        headers = {"Content-Type": recorded.content_type} if recorded.content_type else {}
        if recorded.location:
            headers["Location"] = recorded.location
        return Response(request.url, status=recorded.status, headers=headers, body=recorded.file.read_bytes())
