"""Test cases of a source: a page as it was fetched, the clock of that moment, and what must be read of it.

`<source>/<case>/` holds page.html (the bytes, whatever they are), meta.json (url, seen, kind,
content_type, item) and release.json, what must come out: field by field.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.extract import Item, ItemFields, Listing, NotARelease, read_declared_listing, read_declared_release
from crawler.normalise import decode
from crawler.source import Source
from feeds.error import ConfigError, SourceError
from feeds.release import Attachment, Draft, Photo

__all__ = ["EXPECTED", "Difference", "Recording", "compare_case", "find_cases", "read_case", "write_case"]

PAGE, META, EXPECTED = "page.html", "meta.json", "release.json"
_FIELDS = [name for name in (part.name for part in fields(Draft)) if name not in {"source", "seen", "page", "siblings"}]
_MOST = 5  # whole releases of a listing that carries them, in one case
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A page to be kept as a case: *kind* is listing or release, *item* the line of the listing that led to it."""

    kind: str
    url: str
    body: bytes
    seen: datetime
    content_type: str = ""
    item: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A *field* of a case that is read otherwise than *expected*; without an expectation there was none yet."""

    case: Path
    field: str
    expected: object
    found: object


def find_cases(folder: Path) -> tuple[Path, ...]:
    """Return the cases below *folder*, by source and name."""
    return tuple(sorted(path.parent for path in folder.glob(f"*/*/{PAGE}")))


def read_case(case: Path, source: Source) -> dict[str, object]:
    """Return what *source* reads of the page of *case*, field by field as JSON has it.

    SourceError where it is no release; ConfigError where a file of the case cannot be read.
    """
    try:
        meta = json.loads((case / META).read_text("utf-8"))
        body = (case / PAGE).read_bytes()
        url, seen = str(meta["url"]), datetime.fromisoformat(meta["seen"])
        item = _item(url, meta["item"]) if "item" in meta else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{case / META}: cannot be read: {error}: expected url, seen, and maybe item") from error
    text = decode(body, str(meta.get("content_type", "")), url).text
    if meta.get("kind") == "listing":
        return _listing(source, text, url, seen)
    found = read_declared_release(source, text, url, item=item, seen=seen)
    if isinstance(found, NotARelease):
        raise SourceError(f"{case}: is not a release: {found.reason}")
    return {name: _plain(getattr(found, name)) for name in _FIELDS}


def compare_case(case: Path, source: Source) -> Iterator[Difference]:
    """Yield each field that is read otherwise than *case* expects; what it says nothing of may be anything.

    Where nothing is expected yet, what is read is written down as the expectation: to be
    looked at and corrected by hand; that counts as one difference, once. Raises as `read_case`.
    """
    found = read_case(case, source)
    file = case / EXPECTED
    if not file.is_file():
        _write(file, found)
        yield Difference(case=case, field="", expected=None, found=None)
        return
    try:
        expected = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    for name, value in expected.items():
        if found.get(name) != value:
            yield Difference(case=case, field=name, expected=value, found=found.get(name))


def write_case(folder: Path, source: Source, recording: Recording) -> Path | None:
    """Keep *recording* of *source* below *folder* with what is read of it now; return the case.

    None where there is such a case already: an expectation that somebody corrected is not
    overwritten. SourceError where the page is no release, ConfigError where it cannot be written.
    """
    case = folder / source.key / _name(source, recording)
    if case.exists():
        return None
    meta: dict[str, object] = {"url": recording.url, "seen": recording.seen.isoformat(timespec="seconds")}
    if recording.kind == "listing":
        meta["kind"] = "listing"
    if recording.content_type:
        meta["content_type"] = recording.content_type
    if recording.item is not None:
        meta["item"] = _told(recording.item)
    try:
        case.mkdir(parents=True)
        (case / PAGE).write_bytes(recording.body)
        _write(case / META, meta)
        _write(case / EXPECTED, read_case(case, source))
    except SourceError:
        for name in (PAGE, META):
            (case / name).unlink(missing_ok=True)
        case.rmdir()
        raise
    except OSError as error:
        shutil.rmtree(case, ignore_errors=True)  # half a case would be taken for one
        raise ConfigError(f"{case}: cannot be written: {error.strerror}") from error
    return case


def _name(source: Source, recording: Recording) -> str:
    """Return a folder's name: the number of the release or the end of its address; of a listing its day."""
    if recording.kind == "listing":
        return f"listing-{recording.seen:%Y-%m-%d}"
    own = source.native_id(source.canonical(recording.url)) or recording.url.split("//", 1)[-1].split("?")[0]
    words = re.findall(r"[A-Za-z0-9_]+", re.sub(r"\.(?:s?html?|aspx?|php|jsp)$", "", own))
    return "-".join(words)[-_LONGEST_NAME:].strip("-") or "release"


def _listing(source: Source, text: str, url: str, seen: datetime) -> dict[str, object]:
    listing = read_declared_listing(source, text, url)
    items = [{"url": item.url, "title": item.title, "date": item.date} for item in listing.items]
    told: dict[str, object] = {"items": items, "next": listing.next, "reason": listing.reason}
    if not source.release.fetch:
        told["releases"] = list(_carried(source, listing, seen))
    return told


def _carried(source: Source, listing: Listing, seen: datetime) -> Iterator[object]:
    """Yield the first releases that *listing* carries whole."""
    for item in listing.items[:_MOST]:
        found = read_declared_release(source, "", item.url, item=item, seen=seen)
        if isinstance(found, NotARelease):
            yield {"url": item.url, "reason": found.reason}
        else:
            yield {name: _plain(getattr(found, name)) for name in _FIELDS}


def _told(item: Item) -> dict[str, object]:
    told: dict[str, object] = {"title": item.title, "date": item.date}
    if item.draft_fields is not None:
        told["fields"] = _plain(item.draft_fields)
    return told


def _item(url: str, told: Mapping[str, Any]) -> Item:
    kept = told.get("fields")
    if kept is None:
        return Item(url=url, title=told["title"], date=told.get("date"))
    made = dict(kept)
    made["photos"] = tuple(Photo(**photo) for photo in kept.get("photos", ()))
    made["attachments"] = tuple(Attachment(**one) for one in kept.get("attachments", ()))
    made["published"] = datetime.fromisoformat(kept["published"]) if kept.get("published") else None
    return Item(url=url, title=told["title"], date=told.get("date"), draft_fields=ItemFields(**made))


def _plain(value: object) -> object:
    """Return *value* as JSON holds it; of our own types what they say, without what is empty."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    told = {name: getattr(value, name) for name in type(value).__dataclass_fields__}  # type: ignore[attr-defined]  # ours
    return {name: _plain(part) for name, part in told.items() if part not in ("", None, ())}


def _write(file: Path, told: Mapping[str, object]) -> None:
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
