"""The closed list of Scrapy settings: what a crawl may do, and nothing else.

Base lists of components are replaced whole: setting a component to None still imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from crawler.batch import Batch

__all__ = ["MAX_BYTES", "MAX_REDIRECTS", "TIMEOUT_S", "settings_for", "user_agent"]

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_REDIRECTS: Final = 5
TIMEOUT_S: Final = 30

_AGENT: Final = "baywire"  # the name robots.txt speaks to
_FINISH_S: Final = 0.85  # of the wall limit: then no new request leaves, what is in flight ends, outcomes are recorded


def user_agent(contact: str) -> str:
    """Return the User-Agent of our requests; *contact* is an address or a page where a person is to be found."""
    who = contact or "no contact configured"
    clean = "".join(char for char in who if char.isprintable() and char.isascii())
    return f"{_AGENT}/{_version()} (+{clean})"


@lru_cache(maxsize=1)
def _version() -> str:
    try:
        return version("baywire")
    except PackageNotFoundError:  # a source tree without an installation
        return "0"


def settings_for(
    batch: Batch, *, delays: Mapping[str, float] | None = None, private_hosts: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the settings of a crawl of *batch*.

    *delays* are seconds between two requests to a host, by host; *private_hosts* may be
    reached on private addresses. Under replay nothing is resolved or fetched, there is
    no delay and no robots.txt.
    """
    replay = batch.replay is not None
    handler = "crawler.replay.Replay" if replay else "crawler.middlewares.address.ClosedHandler"
    default_delay = 0.0 if replay else 1.0 if batch.delay_s is None else batch.delay_s
    slots = {} if replay else {host: {"concurrency": 1, "delay": delay} for host, delay in (delays or {}).items()}
    return {
        **_CLOSED,
        "BAYWIRE_DEADLINE_S": batch.wall_s * _FINISH_S,
        "BAYWIRE_PRIVATE_HOSTS": sorted(private_hosts),
        "BAYWIRE_REPLAY": batch.replay or "",
        "CLOSESPIDER_ITEMCOUNT": 10_000,
        "CLOSESPIDER_TIMEOUT": batch.wall_s,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if default_delay else 8,
        "DOWNLOADER_MIDDLEWARES_BASE": {**_MIDDLEWARES, **(_RENDERING if batch.render else {})},
        "DOWNLOAD_DELAY": default_delay,
        "DOWNLOAD_HANDLERS_BASE": {"http": handler, "https": handler},
        "DOWNLOAD_SLOTS": slots,
        "ROBOTSTXT_OBEY": not replay,
        "USER_AGENT": user_agent(batch.contact),
    }


_MIDDLEWARES: Final[Mapping[str, int]] = {
    # the engine's side
    "crawler.middlewares.address.ClosedAddresses": 100,
    "crawler.middlewares.robots.Robots": 200,
    "crawler.middlewares.headers.Headers": 300,
    "crawler.middlewares.conditional.Conditional": 400,
    "crawler.middlewares.content.Content": 500,
    "crawler.middlewares.redirect.Redirect": 600,
    # the downloader's side
}
_RENDERING: Final[Mapping[str, int]] = {"crawler.middlewares.render.Render": 50}

_CLOSED: Final[Mapping[str, Any]] = {
    "ADDONS": {},
    "AUTOTHROTTLE_ENABLED": False,
    "BOT_NAME": _AGENT,
    "COMPRESSION_ENABLED": False,  # crawler.middlewares.content unpacks, strictly
    "CONCURRENT_ITEMS": 1,  # the default starts 100 tasks a response; 1 halves the CPU of a page
    "CONCURRENT_REQUESTS": 32,
    "COOKIES_ENABLED": False,
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,*/*;q=0.5",
    },
    "DNSCACHE_ENABLED": True,
    "DOWNLOADER": "crawler.middlewares.downloader.StraightDownloader",
    "DOWNLOADER_MIDDLEWARES": {},
    "DOWNLOADER_STATS": False,
    "DOWNLOAD_DELAY_JITTER": 0.0,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "DOWNLOAD_HANDLERS": {},
    "DOWNLOAD_MAXSIZE": MAX_BYTES,
    "DOWNLOAD_TIMEOUT": TIMEOUT_S,
    "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_WARNSIZE": 0,
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",  # a filtered request ends in silence
    "EXTENSIONS": {},
    "EXTENSIONS_BASE": {"scrapy.extensions.closespider.CloseSpider": 0},
    "FEEDS": {},
    "FEED_EXPORTERS_BASE": {},
    "FEED_STORAGES_BASE": {},
    "HTTPCACHE_ENABLED": False,
    "HTTPPROXY_ENABLED": False,  # the environment's proxies would resolve names out of our sight
    "ITEM_PIPELINES": {"crawler.pipelines.StoreReleases": 100},
    "ITEM_PIPELINES_BASE": {},
    "LOG_ENABLED": False,  # crawler.child has a handler of its own
    "LOG_INSTALL_ROOT_HANDLER": False,
    "LOG_VERSIONS": [],  # looking them up takes 5 ms a batch
    "LOG_FORMATTER": "crawler.child.QuietFormatter",
    "MEMUSAGE_ENABLED": False,  # the kernel limits the child
    "METAREFRESH_ENABLED": False,
    "REDIRECT_ENABLED": True,
    "REDIRECT_MAX_TIMES": MAX_REDIRECTS,
    "REFERER_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "RETRY_ENABLED": False,  # Retry-After, backoff and circuits live in the store
    "ROBOTSTXT_USER_AGENT": _AGENT,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",  # the spider asks for the oldest first
    "SPIDER_CONTRACTS_BASE": {},
    "SPIDER_MIDDLEWARES": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "SPIDER_MODULES": [],
    "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
    "STATS_DUMP": False,
    "TELNETCONSOLE_ENABLED": False,
    "TWISTED_DNS_RESOLVER": "crawler.middlewares.address.PublicAddresses",
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    "TWISTED_REACTOR_ENABLED": True,
    "URLLENGTH_LIMIT": 2083,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,  # it reads source code in search of our mistakes
}
