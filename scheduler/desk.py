"""What a baywire at work has open: configuration, sources, topics, store, zygote, clock."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from crawler.address import host_of
from crawler.run import Zygote
from crawler.source import Source, load_sources
from feeds import topic, where
from feeds.error import ConfigError, did_you_mean
from feeds.identity import DEFAULT_AUTHORITY
from feeds.store import Store, Writing, open_store
from feeds.topic import Topics
from scheduler.config import Config
from scheduler.extra import need
from scheduler.rhythm import Rhythm, rhythm_of
from scheduler.trouble import Trouble

if TYPE_CHECKING:
    from feeds.publish import Published

_RELEARN = timedelta(days=1)
_SLEPT = timedelta(minutes=5)  # without a tick: whatever is late now may only not have been asked
_CHILDREN = 2  # crawls at once: a slow host holds up its own batch only

__all__ = ["Desk", "check_places", "choose", "load_rules", "now_utc", "open_desk"]


def now_utc() -> datetime:
    """Return what time it is."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Everything a cycle works with.

    *replay* answers every request from a folder of recorded pages. *stale* says that
    the store holds something that is not published yet, *trouble* what keeps us from our work;
    *publish_s* is how long the last publication took. *counts* holds, since the start,
    ("runs", source, outcome), ("items", source, change) and ("bytes", source, "").
    """

    config: Config
    sources: Mapping[str, Source]
    topics: Topics
    store: Store
    zygote: Zygote
    clock: Callable[[], datetime] = now_utc
    replay: str | None = None
    stale: bool = True
    trouble: Trouble = field(default_factory=Trouble)
    publish_s: float = 0.0
    clock_jumps: int = 0
    awake_since: datetime | None = None  # when a daemon began, or woke up: before that it could ask nobody
    ticked_at: datetime | None = None  # when a daemon last looked for what is due
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    enrols: bool = True  # the store learns of the sources from here; a worker leaves that to the scheduler
    beat_at: datetime | None = None
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    news: list[tuple[Published | None, bool]] = field(default_factory=list)  # not told yet; with whether all was well
    told_last: dict[str, str] = field(default_factory=dict)  # by each way of telling, where a round of alarms broke off
    aside: Callable[[Coroutine[Any, Any, None]], object] | None = None  # does in a daemon what nobody waits for
    publishing: asyncio.Lock = field(default_factory=asyncio.Lock)
    children: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CHILDREN))
    _rhythms: dict[str, tuple[Source, datetime, Rhythm]] = field(default_factory=dict)
    _seen_through: tuple[Mapping[str, Source], Mapping[str, Sequence[str]]] | None = None
    _busy: set[str] = field(default_factory=set)
    _resting: dict[str, float] = field(default_factory=dict)  # host → when its delay after our last crawl is over
    _freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def choose(self, keys: Collection[str]) -> tuple[str, ...]:
        """Return *keys*, or all that are enabled where none are given; ConfigError names an unknown one.

        A source that is read through another brings that one along; it has no crawl of its own.
        """
        if keys:
            named = choose(self.sources, keys)
            through = (self.sources[key].view for key in named)
            return tuple(dict.fromkeys([*named, *(view.of for view in through if view and view.of in self.sources)]))
        enabled = {state.key for state in self.store.source_states() if state.enabled and state.configured}
        return tuple(key for key in self.sources if key in enabled and self.is_crawled(key))

    def is_crawled(self, key: str) -> bool:
        """Whether the source *key* has a crawl of its own, not that of another it is read through."""
        return key in self.sources and self.sources[key].view is None

    def mirror(self, key: str) -> None:
        """Let the sources that are read through the source *key* stand as it stands."""
        if self._seen_through is None or self._seen_through[0] is not self.sources:
            through: dict[str, list[str]] = {}
            for one, source in self.sources.items():
                if source.view is not None:
                    through.setdefault(source.view.of, []).append(one)
            self._seen_through = (self.sources, through)
        seen = self._seen_through[1].get(key, ())
        state = self.store.source_state(key) if seen else None
        if state is None:
            return
        reason = f"{key}: {state.reason}" if state.reason else ""
        stand = self.store.states_of(seen)

        def write(writing: Writing) -> None:
            for one, before in sorted(stand.items()):
                if before.enabled:
                    since = before.since if before.state is state.state else state.since
                    shown = replace(state, key=one, reason=reason, since=since, next_due=None, learnt={})
                    writing.set_state(shown, now=self.clock())

        self.store.write(write)

    def rhythm(self, key: str) -> Rhythm:
        """Return when the source *key* is asked; one that is learnt is learnt anew every day."""
        source, now = self.sources[key], self.clock()
        known = self._rhythms.get(key)
        if known is None or known[0] is not source or not now - _RELEARN < known[1] <= now:
            base = source.view.of if source.view is not None else key
            times = self.store.publication_times(base) if source.auto else ()
            known = self._rhythms[key] = (source, now, rhythm_of(source, times))
        return known[2]

    def had_its_turn(self, key: str, now: datetime) -> bool:
        """Return whether we were awake for long enough to ask the source *key*."""
        if self.has_slept(now):
            return False
        return self.awake_since is None or not self.awake_since <= now < self.awake_since + self.sources[key].every

    def has_slept(self, now: datetime) -> bool:
        """Return whether a daemon that looks every second for what is due has not looked for minutes before *now*.

        Whoever runs first after a machine woke up, or its clock was set on, must know it.
        """
        return self.ticked_at is not None and now > self.ticked_at + _SLEPT

    def host(self, key: str) -> str:
        """Return the host on which the source *key* lists its releases, or its key where it has no address."""
        source = self.sources[key]
        return host_of(source.listing.url or source.listing.days or source.site) or key

    @asynccontextmanager
    async def claim(self, keys: Collection[str], *, replayed: bool = False) -> AsyncIterator[None]:
        """Wait until nobody crawls *keys* or their hosts, and keep others from it for the length of the block.

        Who asked a host last has asked it its delay ago: a child knows nothing of the one
        before. Where the answers are *replayed* nobody is asked.
        """
        hosts = {key: self.host(key) for key in keys}
        wanted = {*keys, *hosts.values()}
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy.isdisjoint(wanted))
            self._busy |= wanted
        try:
            until = max((self._resting.get(host, 0.0) for host in hosts.values()), default=0.0)
            if (left := until - monotonic()) > 0:
                await asyncio.sleep(left)
            yield
        finally:
            if not replayed:
                self._rest(hosts)
            self._busy -= wanted
            async with self._freed:
                self._freed.notify_all()

    def _rest(self, hosts: Mapping[str, str]) -> None:
        """Let the *hosts*, by source, rest from now on as long as each source asks for."""
        now, said = monotonic(), self.config.crawl.delay_s
        self._resting = {host: until for host, until in self._resting.items() if until > now}
        for key, host in hosts.items():
            until = now + (self.sources[key].delay_s if said is None and key in self.sources else said or 0.0)
            self._resting[host] = max(until, self._resting.get(host, 0.0))

    def renew_store(self) -> None:
        """Make the tables and the sources known in a store that took the place of another."""
        open_store(self.config.store.url, authority=self.config.site.authority or DEFAULT_AUTHORITY).close()
        if self.enrols:
            _enrol(self.store, self.sources, now=self.clock())
        self.stale = True

    def reload(self, config: Config) -> None:
        """Take over *config* and the sources and topics it names; the store stays. ConfigError leaves all as it was."""
        sources, topics = load_rules(config)
        if self.enrols:
            _enrol(self.store, sources, now=self.clock())
        self.config, self.sources, self.topics = config, sources, topics
        self.stale = True


def choose(sources: Mapping[str, Source], keys: Collection[str]) -> tuple[str, ...]:
    """Return *keys* of *sources*, each once, or all where none are given; ConfigError names every unknown one."""
    unknown = [
        f"{key}: unknown source{did_you_mean(key, tuple(sources))}: see baywire sources"
        for key in keys
        if key not in sources
    ]
    if unknown:
        raise ConfigError("\n".join(unknown))
    return tuple(dict.fromkeys(keys or sources))


def load_rules(config: Config) -> tuple[Mapping[str, Source], Topics]:
    """Return the sources and topics of *config*; ConfigError with every problem in both."""
    problems: list[str] = []
    sources: Mapping[str, Source] = {}
    topics = None
    try:
        sources = load_sources(*config.sources.folders, use=config.sources.use)
    except ConfigError as error:
        place = config.place("sources", "use")
        problems += [place + line if line.startswith("sources.use:") else line for line in str(error).splitlines()]
    try:
        topics = topic.load(*config.topic_files)
    except ConfigError as error:
        problems.append(str(error))
    if topics is not None:
        keys = [one.key for one in topics.topics]
        for name, expression in config.feeds.items():
            try:
                where.parse(expression, topics=keys, sources=sources)
            except ConfigError as error:
                problems.append(f"{config.place('feeds', name, 'where')}feeds.{name}.where: {error}")
        held = sorted({*keys, *config.feeds})
        problems += [
            f'{config.place("publish", "moved")}publish.moved: "{new}" is no topic{did_you_mean(new, held)}'
            for new in config.publish.moved.values()
            if new not in held
        ]
    if problems or topics is None:
        raise ConfigError("\n".join(problems))
    return sources, topics


def check_places(config: Config) -> None:
    """Raise ConfigError where what is published could not be written, before anything is done."""
    if config.publish.target:
        need("fleet")
        return
    place = config.publish.directory
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError(f"publish.directory: {config.publish.directory}: cannot be written: expected a folder")


@contextmanager
def open_desk(
    config: Config,
    *,
    rules: tuple[Mapping[str, Source], Topics] | None = None,
    clock: Callable[[], datetime] = now_utc,
    replay: Path | None = None,
    enrols: bool = True,
) -> Iterator[Desk]:
    """Open all that *config* names for the length of the block; nothing is written where it names something wrong.

    *rules* are its sources and topics, where they have been read already. With *enrols*
    the store learns which sources there are.
    """
    sources, topics = rules or load_rules(config)
    with open_store(config.store.url, authority=config.site.authority or DEFAULT_AUTHORITY) as store:
        if enrols:
            _enrol(store, sources, now=clock())
        desk = Desk(
            config=config,
            sources=sources,
            topics=topics,
            store=store,
            zygote=Zygote(idle_s=_IDLE_S, on_server=config.store.url.startswith("postgres")),
            clock=clock,
            replay=str(replay) if replay else None,
            enrols=enrols,
        )
        try:
            yield desk
        finally:
            desk.zygote.close()


_IDLE_S = 30.0  # a warm zygote holds 80 MB; warming it again takes a second of one core


def _enrol(store: Store, sources: Mapping[str, Source], *, now: datetime) -> None:
    """Make the store know *sources*; one that its file disables starts disabled, and is the operator's from then on."""
    known = {state.key for state in store.source_states()}
    store.sync_sources([source.newsroom() for source in sources.values()], now=now)
    for key, source in sources.items():
        if key not in known and not source.enabled:
            store.set_enabled(key, False, now=now)
