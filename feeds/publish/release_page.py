"""The page of one release: text, evidence of its tags, wordings, translations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from feeds.edition import Placed
from feeds.publish.book import signature
from feeds.publish.fragments import Fragments
from feeds.publish.notice import change_of
from feeds.publish.outbox import Outbox
from feeds.publish.twin import Twins
from feeds.release import Release, Revision
from feeds.render import html
from feeds.render.cut import cut
from feeds.render.entry import entry_of, release_path
from feeds.render.model import instant
from feeds.render.plain import person, web_address
from feeds.render.summary import headline
from feeds.render.words import Words, words
from feeds.site import Site
from feeds.store import FragmentKey, Head
from feeds.tag import Evidence, Tag

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import Store
    from feeds.topic import Topics

__all__ = ["ReleasePages"]

_CHUNK = 200
_EVIDENCE = 12
_MOST = 100_000  # bytes of a page, for who reads it over a slow line
_LEAST = 8_000  # of its text, whatever else there is
_CHANGES = 20_000  # of what its wordings changed, all together
_WORDINGS = 40
_LANGUAGES = 50


class ReleasePages:
    """Writes a page for each release."""

    def __init__(  # noqa: PLR0913 -- what it reads, what it obeys, where it writes
        self, store: Store, site: Site, topics: Topics, *, outbox: Outbox, fragments: Fragments, twins: Twins
    ) -> None:
        """Write the pages of *site*; *twins* know who else published a release."""
        self._twins = twins
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics.topics}
        self._outbox = outbox
        self._fragments = fragments
        self._names: dict[str, str] = {}
        self.current = 0

    def write_all(self) -> None:
        """Write the page of every release in the store."""
        self._twins.look_everywhere()
        for ids in self._store.walk():
            self.write(ids)

    def has_page(self, id_: str) -> bool:
        """Return whether there is a page of the release *id_*."""
        return bool(self._outbox.target.stamp(f"{_path_of(id_)}index.html"))

    def write(self, ids: Sequence[str]) -> None:
        """Write the pages of the releases *ids*, those that changed."""
        for start in range(0, len(ids), _CHUNK):
            heads = self._store.heads(ids[start : start + _CHUNK])
            also = self._twins.of(list(heads.values()))
            placed = {id_: Placed(head, also.get(id_, ())) for id_, head in heads.items()}
            marks = {id_: self._mark(one) for id_, one in placed.items()}
            known = self._store.fragments(list(marks.values()))
            stale = [id_ for id_, head in heads.items() if not self._is_current(head, known.get(marks[id_]))]
            self.current += len(heads) - len(stale)
            self._renew(stale, placed, marks)

    def _renew(self, stale: Sequence[str], placed: Mapping[str, Placed], marks: Mapping[str, FragmentKey]) -> None:
        if not stale:
            return
        tags = self._store.tags(stale)
        written = []
        for id_, release in self._store.releases(stale).items():
            try:
                body = self._page(release, placed[id_], tags[id_])
            except ValueError as error:  # the same that keeps it out of the feeds
                self._fragments.quarantined.setdefault(id_, str(error))
                continue
            self._outbox.put_page(_file(placed[id_].head), body)
            written.append(id_)
        if not self._outbox.check:
            self._outbox.settle()
            stamp = self._outbox.target.stamp
            self._store.put_fragments({marks[id_]: stamp(_file(placed[id_].head)).encode() for id_ in written})

    def _mark(self, placed: Placed) -> FragmentKey:
        """Return what stands for the page of *placed*: kept when it is written, dropped when the release changes."""
        head = placed.head
        names = self._names.get(head.language)
        if names is None:
            told = [(key, topic.name(head.language)) for key, topic in self._topics.items()]
            names = signature(self._site, told, self._outbox.target.name)
            self._names[head.language] = names
        digest = signature(self._fragments.digest(placed), names)
        return FragmentKey(head.id, head.revision, "page", digest)

    def _is_current(self, head: Head, stamp: bytes | None) -> bool:
        if not stamp or self._outbox.check:
            return False
        return self._outbox.target.stamp(_file(head)) == stamp.decode()

    def _page(self, release: Release, placed: Placed, tags: Sequence[Tag]) -> bytes:
        """Return the page of *release*: whole, where that is no more than 100 kB, else with as much text as fits."""
        room = _MOST
        while True:
            body = self._cut(release, placed, tags, room)
            if len(body) <= _MOST or room <= _LEAST:
                return body
            room = max(_LEAST, min(room, len(body)) - (len(body) - _MOST) - 500)

    def _cut(self, release: Release, placed: Placed, tags: Sequence[Tag], room: int) -> bytes:
        newsroom = self._fragments.newsroom(release.source)
        entry = entry_of(
            release, newsroom, self._site, self._fragments.labels(placed.head), self._fragments.also(placed)
        )
        say = words(release.language)
        host = (urlsplit(release.url).hostname or release.url).removeprefix("www.")
        path = release_path(release.source, release.native_id)
        revisions = self._store.revisions(release.id) if release.revision > 1 else ()
        content = entry.html.replace("<img ", '<img loading="lazy" referrerpolicy="no-referrer" ')
        shown = cut(content, room)
        return html.page(
            "release.html",
            site=self._site,
            language=say.tag,
            path=path,
            title=entry.title,
            about=entry.summary,
            entry=entry,
            source=release.source,
            published=instant(entry.published),
            when=say.stated(entry.published),
            original=say.original_at.format(host=host),
            content=shown,
            rest=say.rest.format(host=host) if shown != content else "",
            translations=self._translations(release),
            tags=[self._tag(tag, release, say) for tag in tags if any(_is_shown(one) for one in tag.evidence)],
            revisions=_revisions(revisions, release, say),
            facts=self._facts(release, say),
        )

    def _translations(self, release: Release) -> list[dict[str, object]]:
        root = html.root_of(self._site)
        return [
            {
                "tag": other.language,
                "name": words(other.language).language,
                "href": root + _path_of(other.id) if other.id else web_address(other.url),
                "outside": other.id is None,
            }
            for other in release.translations
            if other.id or web_address(other.url)
        ][:_LANGUAGES]

    def _tag(self, tag: Tag, release: Release, say: Words) -> dict[str, Any]:
        topic = self._topics.get(tag.topic)
        return {
            "name": topic.name(say.tag) if topic else tag.topic,
            "passed": tag.passed,
            "score": say.tag_score.format(score=f"{tag.score:g}", threshold=f"{tag.threshold:g}"),
            "evidence": [_evidence(one, release, say) for one in filter(_is_shown, tag.evidence)][:_EVIDENCE],
        }

    def _facts(self, release: Release, say: Words) -> list[dict[str, str]]:
        newsroom = self._fragments.newsroom(release.source)
        root = html.root_of(self._site)
        author = newsroom.author(person(headline(release.author)))
        # A source of which nothing is known has a key and no publisher.
        publisher = author if author not in {newsroom.title, newsroom.key} else ""
        told = [
            (say.source, newsroom.title or release.source, f"{root}sources/{release.source}/"),
            (say.publisher, publisher, ""),
            (say.published, say.stated(release.published), ""),
            (say.updated, say.moment(release.updated) if release.updated != release.published else "", ""),
            (say.number, release.native_id, ""),
            (say.permanent, release.id, ""),
            (say.repairs, ", ".join(release.repairs), ""),
            (say.rights, " ".join(text for text in (newsroom.rights, newsroom.attribution) if text), ""),
        ]
        return [{"name": name, "value": value, "url": url} for name, value, url in told if value]


def _file(head: Head) -> str:
    return f"{_path_of(head.id)}index.html"


def _path_of(id_: str) -> str:
    """Return where the page of the release *id_* lives: its id says so.

    >>> _path_of("tag:news.example,2026:release/hk-gia-en/P2017092100150")
    'releases/hk-gia-en/P2017092100150/'
    """
    source, _, native_id = id_.partition(":release/")[2].partition("/")
    return release_path(source, native_id)


def _is_shown(one: Evidence) -> bool:
    """Return whether a reader is shown *one*: it counts, and has words. Masked ones say why something is not here."""
    return bool(one.text) and not one.masked


def _evidence(one: Evidence, release: Release, say: Words) -> dict[str, str]:
    field = release.title if one.field == "title" else release.text
    before = field[max(0, one.start - 30) : one.start]
    after = field[one.end : one.end + 30]
    return {
        "before": ("…" if one.start > 30 else "") + " ".join(before.split("\n")),
        "text": one.text,
        "after": " ".join(after.split("\n")) + ("…" if one.end + 30 < len(field) else ""),
        "place": say.in_title if one.field == "title" else say.in_text,
        "weight": f"+{one.weight:g}",
    }


def _revisions(revisions: Sequence[Revision], release: Release, say: Words) -> list[dict[str, str]]:
    """Return every wording, newest first, with what it changed."""
    made, room = [], _CHANGES
    for number, one in reversed(tuple(enumerate(revisions))[-_WORDINGS:]):
        moment = say.moment(one.seen.astimezone(release.published.tzinfo))
        changed = cut(change_of(revisions[number - 1], one), room) if number else ""
        room -= len(changed.encode())
        name = say.revision.format(number=one.number, moment=moment)
        made.append({"name": name, "changes": changed, "id": f"revision-{one.number}"})
    return made
