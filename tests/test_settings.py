"""The closed list: which settings a crawl really has, and which components it really loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from crawler.batch import Batch
from crawler.settings import settings_for, user_agent

PINNED = {
    "ADDONS": {},
    "AUTOTHROTTLE_ENABLED": False,
    "COMPRESSION_ENABLED": False,
    "CONCURRENT_ITEMS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "COOKIES_ENABLED": False,
    "DOWNLOADER": "crawler.middlewares.downloader.StraightDownloader",
    "DOWNLOAD_DELAY": 1.0,
    "DOWNLOAD_DELAY_JITTER": 0.0,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "DOWNLOAD_MAXSIZE": 8 * 1024 * 1024,
    "DOWNLOAD_TIMEOUT": 30,
    "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "HTTPCACHE_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "JOBDIR": None,
    "METAREFRESH_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "REFERER_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "RETRY_ENABLED": False,
    "ROBOTSTXT_OBEY": True,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
    "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
    "TELNETCONSOLE_ENABLED": False,
    "TWISTED_DNS_RESOLVER": "crawler.middlewares.address.PublicAddresses",
}

EFFECTIVE = """
import json, sys
from crawler.batch import Batch
from crawler.settings import settings_for
from scrapy.crawler import AsyncCrawlerProcess
from scrapy import Spider, signals

class Look(Spider):
    name = "look"
    clock = robots = None
    async def start(self):
        crawler = self.crawler
        engine = crawler.engine
        names = lambda things: [type(thing).__module__ + "." + type(thing).__name__ for thing in things]
        print(json.dumps({
            "settings": {name: crawler.settings.get(name) for name in json.loads(sys.argv[1])},
            "downloader": names(engine.downloader.middleware.middlewares),
            "spider": names(engine.scraper.spidermw.middlewares),
            "extensions": names(crawler.extensions.middlewares),
            "schemes": sorted(engine.downloader.handlers._schemes),
            "modules": [name for name in sys.modules if name in json.loads(sys.argv[2])],
        }, default=dict))
        return
        yield

settings = settings_for(Batch(run="r"), delays={}) | {"ITEM_PIPELINES": {}}
process = AsyncCrawlerProcess(settings)
process.crawl(Look)
process.start()
"""

NEVER = (
    "pickle_store",
    "scrapy.core.downloader.handlers.datauri",
    "scrapy.core.downloader.handlers.file",
    "scrapy.core.downloader.handlers.ftp",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.downloader.handlers.s3",
    "scrapy.downloadermiddlewares.cookies",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.extensions.feedexport",
    "scrapy.extensions.remote_control",
    "scrapy.extensions.telnet",
)


@pytest.fixture(scope="module")
def effective() -> dict[str, object]:
    asked = [sys.executable, "-W", "error", "-c", EFFECTIVE, json.dumps(list(PINNED)), json.dumps(NEVER)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_effective_settings_are_the_closed_list(effective: dict[str, object]) -> None:
    assert effective["settings"] == PINNED


def test_only_our_components_run(effective: dict[str, object]) -> None:
    assert effective["downloader"] == [
        "crawler.middlewares.address.ClosedAddresses",
        "crawler.middlewares.robots.Robots",
        "crawler.middlewares.headers.Headers",
        "crawler.middlewares.conditional.Conditional",
        "crawler.middlewares.content.Content",
        "crawler.middlewares.redirect.Redirect",
    ]
    assert effective["spider"] == []
    assert effective["extensions"] == ["scrapy.extensions.closespider.CloseSpider"]


def test_only_http_and_https_have_a_handler(effective: dict[str, object]) -> None:
    assert effective["schemes"] == ["http", "https"]


def test_what_a_crawl_must_not_do_is_not_even_loaded(effective: dict[str, object]) -> None:
    assert effective["modules"] == []


def test_every_setting_named_is_one_that_scrapy_knows() -> None:
    from scrapy.settings import default_settings

    ours = {name for name in settings_for(Batch(run="r")) if not name.startswith("BAYWIRE_")}
    assert ours - set(dir(default_settings)) == set()


def test_under_replay_nothing_is_waited_for_or_asked() -> None:
    settings = settings_for(Batch(run="r", replay="/pages", delay_s=5.0), delays={"a.example": 9.0})
    assert settings["DOWNLOAD_HANDLERS_BASE"] == {"http": "crawler.replay.Replay", "https": "crawler.replay.Replay"}
    assert (settings["ROBOTSTXT_OBEY"], settings["DOWNLOAD_DELAY"], settings["DOWNLOAD_SLOTS"]) == (False, 0.0, {})


def test_the_user_agent_is_honest_and_one_line() -> None:
    assert "baywire/" in user_agent("news@example.org")
    assert "(+news@example.org)" in user_agent("news@example.org")
    assert user_agent("a\r\nX-Evil: 1\x1b[31m").isprintable()
