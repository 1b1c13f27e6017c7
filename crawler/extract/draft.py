"""What was read of a release becomes a Draft: canonical addresses, native number, aliases, language, summary."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from crawler.extract.feed import read_instant
from crawler.extract.found import Extracted, Item, ItemFields
from crawler.extract.select import fold, text_of
from crawler.normalise import clean_text
from crawler.normalise.tree import read_html
from feeds.release import Draft

if TYPE_CHECKING:
    from crawler.source import Source

__all__ = ["fields_of", "summary_of", "title_of", "to_draft"]

_LONGEST_SUMMARY = 300
_LEAST_SUMMARY = 24  # "Following is the speech …:" says more than nothing, "He said:" does not


def to_draft(source: Source, found: Extracted, *, item: Item | None, seen: datetime) -> Draft:
    """Return *found* as a Draft of *source*; *item*, its line in the listing, gives what *found* lacks."""
    fields = fields_of(item)
    address = source.canonical(found.url)
    facts = dict(found.facts)
    if found.videos:
        facts["videos"] = tuple(dict.fromkeys(source.canonical(url) for url in found.videos))
    return Draft(
        source=source.key,
        url=address,
        seen=seen,
        title=found.title,
        native_id=source.native_id(address),
        language=source.language or found.language,
        author=found.author or clean_text(fields.author),
        published=_published(source, found, item),
        summary=summary_of(found.summary or found.text),
        text=found.text,
        html=found.html,
        photos=tuple(replace(photo, url=source.canonical(photo.url)) for photo in found.photos or fields.photos),
        attachments=tuple(
            replace(attachment, url=source.canonical(attachment.url))
            for attachment in found.attachments or fields.attachments
        ),
        translations=tuple(
            replace(translation, url=source.canonical(translation.url)) for translation in found.translations
        ),
        facts=facts,
        repairs=found.repairs,
        siblings=source.siblings_of(address),
        aliases=tuple(dict.fromkeys([*([found.url] if found.url != address else []), *source.aliases(address)])),
    )


def summary_of(text: str) -> str:
    r"""Return the first paragraphs of *text* that say something, on one line, cut before 300 characters.

    >>> summary_of("One.\n\nTwo.")
    'One. Two.'
    """
    line = ""
    for part in text.split("\n\n"):
        line = fold(f"{line}\n{part}")
        if len(line) > _LEAST_SUMMARY:
            break
    if len(line) <= _LONGEST_SUMMARY:
        return line
    cut = line[: _LONGEST_SUMMARY - 1]
    space = cut.rfind(" ")
    return f"{cut[:space] if space > _LONGEST_SUMMARY / 2 else cut}…"


def fields_of(item: Item | None) -> ItemFields:
    """Return what a listing said of a release beside address and title."""
    return item.draft_fields if item is not None and item.draft_fields is not None else ItemFields()


def title_of(item: Item | None) -> str:
    """Return the title the listing gave, without markup: titles of Atom may be HTML.

    >>> title_of(Item(url="https://a.hk/", title="A <b>b</b>"))
    'A b'
    """
    if item is None:
        return ""
    if "<" in item.title and ">" in item.title:
        return " ".join(text_of(read_html(f"<p>{item.title}</p>")).split())
    return item.title


def _published(source: Source, found: Extracted, item: Item | None) -> datetime | None:
    """Return the instant of the page, unless it is a day only and the listing knows the minute."""
    fields = fields_of(item)
    listed = fields.published or (read_instant(item.date, zone=source.zone) if item is not None and item.date else None)
    if found.published is None:
        return listed
    if found.origins.get("precision") != "day":
        return found.published
    told = listed is not None and listed.date() == found.published.date() and listed.time() != time()
    return fields.published or (listed if told else found.published)
