"""What a crawl costs, as ratios to Scrapy on the same pages in the same minute: `python tests/benchmarks/crawl.py`.

CPU seconds of the crawling process only; the site runs in a process of its own. Start-up
is taken out of the figures of a page by the difference between a large and a small crawl.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from crawler.batch import Batch

HERE = Path(__file__)
CHARSETS = ("utf-8", "utf-8", "gb18030", "big5")
# Sentences as such bodies write them: random characters would look like damage to whoever looks for damage.
SENTENCES = (
    "香港特別行政區政府今日公布粵港澳大灣區發展規劃綱要的最新進展，有關部門會繼續推動創新科技合作。",
    "發言人表示，當局會密切留意市場情況，並在有需要時採取適當措施，確保公眾利益得到充分保障。",
    "新措施將於下月一日起實施，為期三年，預計約有二十萬名市民受惠，所涉開支約為十五億元。",
    "局長在典禮上致辭時說，人工智能的應用日益廣泛，政府會投放更多資源培訓人才及支援中小企業。",
    "有意申請的機構可於本月三十日或之前把填妥的表格連同所需文件交回秘書處，逾期遞交概不受理。",
    "市民如有查詢，可於辦公時間內致電熱線或瀏覽部門網頁，亦可透過電郵與負責人員聯絡。",
    "委員會由來自學術界、工商界及專業團體的十二名成員組成，主席任期兩年，由行政長官委任。",
    "根據統計處發表的數字，第一季本地生產總值較去年同期上升百分之二點七，失業率維持於低水平。",
    "兩地政府簽署合作備忘錄，就跨境數據流通、資訊科技基礎設施及人才交流等範疇加強協作。",
    "典禮於下午三時在會議展覽中心舉行，出席嘉賓包括中央人民政府駐港機構代表及各國駐港領事。",
)

RULES = """title = "Site"
language = "zh-hant"
time-zone = "Asia/Hong_Kong"
every = "10m"
delay = 0
allow-private = true
[listing]
url = "{url}"
links = "a.release"
[release]
title = "h1"
body = "div.body"
published = "p.date"
"""


# -- the site -----------------------------------------------------------------------------


def release_page(n: int, *, dense: bool = False) -> bytes:
    """Return release *n*: 20 to 60 kB of markup around some 3,500 characters, in one of three encodings.

    A tag stands for a hundred bytes, as on the pages of real newsrooms (75 to 150 there);
    where it is *dense*, for 35: three times the elements in as many bytes.
    """
    dice = random.Random(n)  # noqa: S311 - a site, not a secret
    charset = CHARSETS[n % 4]
    body = "".join(f"<p>{''.join(dice.sample(SENTENCES, 4))}</p>\n" for _ in range(20))
    if dense:
        entry = '<li class="menu"><a href="/menu/{0}">Section {0}</a></li>\n'
    else:
        entry = (
            '<li class="menu-item menu-item-type-page level-2" id="menu-item-{0}">\n        '
            '<a class="menu-link" href="/department/section/{0}/index.htm" title="Section {0} of the department">'
            "Section {0}</a>\n    </li>\n"
        )
    bytes_wanted = dice.randint(8_000, 28_000)
    menu = "".join(entry.format(i) for i in range(bytes_wanted // len(entry)))
    day = n % 28 + 1
    page = (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>{n}</title></head><body><ul>{menu}</ul>'
        f'<h1>新聞公報第{n}號：{SENTENCES[n % 10][:14]}</h1><p class="date">2026-04-{day:02d} 10:00</p>'
        f'<div class="body">{body}</div><ul>{menu}</ul></body></html>'
    )
    return page.encode(charset, "replace")


def listing_page(count: int, word: str, *, dense: bool = False) -> bytes:
    """Return the list of *count* releases."""
    way = "d" if dense else "r"
    links = "".join(
        f'<li><a class="release" href="/{way}/{n}.htm">新聞公報{word}第{n}號</a></li>' for n in range(count)
    )
    return f"<html><body><ul>{links}</ul></body></html>".encode()


class Site(asyncio.Protocol):
    """A small server: keep-alive, ETags, nothing else."""

    pages: dict[str, bytes] = {}  # noqa: RUF012 - shared by all connections
    word = "a"  # in the title of every line of every list

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            self.transport.write(self.answer(head))  # type: ignore[attr-defined]

    def answer(self, head: bytes) -> bytes:
        """Return the whole answer to one request."""
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/list/"):
            body = listing_page(int(path.split("/")[2]), Site.word, dense="/dense" in path)
        elif path.startswith("/word/"):
            Site.word = path[6:]
            body = b"ok"
        elif path.startswith(("/r/", "/d/")):
            body = self.pages.get(path) or release_page(int(path[3:-4]), dense=path.startswith("/d/"))
            self.pages[path] = body
        else:
            return b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
        etag = f'"{len(body)}-{path}-{Site.word if path.startswith("/list") else ""}"'.encode()
        if etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        charset = CHARSETS[int(path[3:-4]) % 4] if path.startswith(("/r/", "/d/")) else "utf-8"
        headers = (
            f"Content-Type: text/html; charset={charset}\r\nContent-Length: {len(body)}\r\nCache-Control: max-age=0\r\n"
        )
        return b"HTTP/1.1 200 OK\r\nETag: " + etag + b"\r\n" + headers.encode() + b"\r\n" + body


def serve() -> None:
    """Run the site until our parent closes our standard input; say the port first."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Site, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await loop.run_in_executor(None, sys.stdin.read)

    asyncio.run(main())


@contextmanager
def site() -> Iterator[str]:
    """Yield the address of a running site."""
    asked = [sys.executable, str(HERE), "serve"]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        assert process.stdin is not None
        process.stdin.close()


def say(base: str, word: str) -> None:
    """Put *word* into every line of every list."""
    with urlopen(f"{base}/word/{word}") as answer:  # noqa: S310 - the site above
        answer.read()


# -- Scrapy as it comes -------------------------------------------------------------------

SPIDER = """
import json, os, resource, sys, scrapy
class Bare(scrapy.Spider):
    name = "bare"
    start_urls = [{url!r}]
    kept = []
    def parse(self, response):
        for href in response.css("a.release::attr(href)").getall():
            yield response.follow(href, self.page)
    def page(self, response):
        if {keep!r}:
            self.kept.append((response.css("h1::text"), response.css("div.body p")))
    def closed(self, reason):
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


def scrapy_run(url: str, folder: Path, *, keep: bool = False, **settings: str) -> tuple[float, int]:
    """Return CPU seconds and peak memory of `scrapy runspider` on the listing at *url*."""
    spider = folder / "bare.py"
    spider.write_text(SPIDER.format(url=url, keep=keep), encoding="utf-8")
    asked = [sys.executable, "-m", "scrapy", "runspider", str(spider), "-s", "LOG_LEVEL=ERROR"]
    for name, value in settings.items():
        asked += ["-s", f"{name}={value}"]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=folder)
    cpu, rss = json.loads(done.stdout.splitlines()[-1])
    return cpu, rss


# -- baywire ------------------------------------------------------------------------------


def prepare(folder: Path, urls: dict[str, str]) -> str:
    """Write the sources *urls* by key and return the address of a store that knows them."""
    from crawler.source import load_sources
    from feeds.store import open_store

    (folder / "sources.d").mkdir(exist_ok=True)
    for key, url in urls.items():
        (folder / "sources.d" / f"{key}.toml").write_text(RULES.format(url=url), encoding="utf-8")
    store_url = f"sqlite:///{folder}/store.sqlite3"
    with open_store(store_url) as store:
        known = load_sources(folder / "sources.d", use=list(urls))
        store.sync_sources([source.newsroom() for source in known.values()], now=datetime.now(UTC))
    return store_url


def child(values: str) -> None:
    """Do what a forked child does, but look again at every release, and print CPU seconds."""
    import crawler.spiders.source as spider
    from crawler.child import run_batch
    from crawler.zygote import warm

    spider.RECHECKS = 10**6
    warm()
    before = time.process_time()
    run_batch(json.loads(values), os.open(os.devnull, os.O_WRONLY))
    sys.stdout.write(json.dumps(time.process_time() - before))


def batch_of(folder: Path, key: str, url: str) -> Batch:
    """Return a batch of one source, whose listing is at *url*."""
    from crawler.batch import Batch

    return Batch(
        run="b",
        sources=(key,),
        folders=(str(folder / "sources.d"),),
        store_url=prepare(folder, {key: url}),
        now=datetime.now(UTC).isoformat(),
        delay_s=0,
        source_limit=10**6,
    )


def ours(folder: Path, key: str, url: str) -> tuple[float, int]:
    """Return CPU seconds and peak memory of the child forked for a batch of one source, as the daemon has it done."""
    from crawler.run import Zygote

    async def crawl() -> tuple[float, int]:
        zygote = Zygote()
        try:
            report = await zygote.crawl(batch_of(folder, key, url), lambda _: None)
        finally:
            zygote.close()
        assert [outcome.outcome for outcome in report.outcomes] == ["new"], report.outcomes
        return report.cpu_s, report.rss_bytes

    return asyncio.run(crawl())


def again(folder: Path, key: str, url: str) -> float:
    """Return CPU seconds of a crawl that looks again at every release in a list of other words."""
    asked = [sys.executable, "-P", str(HERE), "child", json.dumps(batch_of(folder, key, url).to_json())]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


async def unchanged(folder: Path, base: str, sources: int) -> tuple[float, int]:
    """Return CPU seconds a batch of *sources* unchanged sources costs with all that serves it, and the zygote's PSS."""
    from crawler.run import Batch, Zygote

    urls = {f"s{n}": f"{base}/list/20/{n}" for n in range(sources)}
    store_url = prepare(folder, urls)
    batch = Batch(run="b", sources=tuple(urls), folders=(str(folder / "sources.d"),), store_url=store_url, delay_s=0)
    zygote = Zygote()
    try:
        await zygote.crawl(batch, lambda _: None)
        rounds, before = 5, _cpu(zygote.pid)
        for _ in range(rounds):
            report = await zygote.crawl(batch, lambda _: None)
            assert {outcome.outcome for outcome in report.outcomes} == {"unchanged"}, report.outcomes
        used = (_cpu(zygote.pid) - before) / rounds
        return used, _pss(zygote.pid)
    finally:
        zygote.close()


def _pss(pid: int | None) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(rollup.split("\nPss:")[1].split()[0]) * 1024


def _cpu(pid: int | None) -> float:
    """Return the CPU seconds of this process, of the zygote, and of the children it has reaped."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return time.process_time() + sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


# -- the table ----------------------------------------------------------------------------


def measure(pages: int, repeat: int) -> Iterator[tuple[str, float, float, str, str]]:
    """Yield for each goal: what, our figure, Scrapy's, the unit, the goal."""
    few = 10
    with site() as base, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many_url, few_url = f"{base}/list/{pages}/a", f"{base}/list/{few}/a"
        dense_url, few_dense_url = f"{base}/list/{pages}/dense", f"{base}/list/{few}/dense"
        bare, mine, scrapy_rss, our_rss = [], [], [], []
        bare_dense, mine_dense = [], []
        cached, not_modified = [], []
        for n in range(repeat):
            small, large = scrapy_run(few_url, folder), scrapy_run(many_url, folder)
            bare.append((large[0] - small[0]) / (pages - few) * 1000)
            scrapy_rss.append(scrapy_run(many_url, folder, keep=True)[1])
            small, large = ours(folder, f"few{n}", few_url), ours(folder, f"many{n}", many_url)
            mine.append((large[0] - small[0]) / (pages - few) * 1000)
            our_rss.append(large[1])
            small, large = scrapy_run(few_dense_url, folder), scrapy_run(dense_url, folder)
            bare_dense.append((large[0] - small[0]) / (pages - few) * 1000)
            small, large = ours(folder, f"fewd{n}", few_dense_url), ours(folder, f"manyd{n}", dense_url)
            mine_dense.append((large[0] - small[0]) / (pages - few) * 1000)
            cache = {
                "HTTPCACHE_ENABLED": "1",
                "HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy",
                "HTTPCACHE_DIR": str(folder / f"cache{n}"),
            }
            scrapy_run(many_url, folder, **cache)
            once = scrapy_run(f"{base}/list/1/a", folder, **cache)[0]
            cached.append((scrapy_run(many_url, folder, **cache)[0] - once) / pages * 1000)
            say(base, f"b{n}")  # every line of the list in other words: every page is asked for, and says 304
            changed = again(folder, f"many{n}", many_url)
            floor = again(folder, f"many{n}", many_url)
            not_modified.append((changed - floor) / pages * 1000)
        whole = statistics.median(scrapy_run(f"{base}/list/0/a", folder)[0] for _ in range(3)) * 1000
        one, pss = asyncio.run(unchanged(folder, base, 1))
        twenty, _ = asyncio.run(unchanged(folder, base, 20))
        middle = statistics.median
        yield "whole pipeline, a page", middle(mine), middle(bare), "ms", "1.0 (aim 0.8)"
        yield "the same, three times the elements", middle(mine_dense), middle(bare_dense), "ms", "–"
        yield "unchanged page (304), RFC2616 cache", middle(not_modified), middle(cached), "ms", "0.5"
        yield "unchanged source alone, scrapy runspider", one * 1000, whole, "ms", "0.1"
        yield "unchanged source in a batch of 20", twenty * 1000 / 20, whole, "ms", "0.033"
        yield (
            "peak memory of a child, selectors kept",
            middle(our_rss) / 2**20,
            middle(scrapy_rss) / 2**20,
            "MiB",
            "0.6",
        )
        yield "zygote, PSS, against 130 MB", pss / 1e6, 130.0, "MB", "1.0"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args(arguments)
    sys.stdout.write(f"{'what':42} {'ours':>11} {'theirs':>5} {'ratio':>7}  goal\n")
    for what, mine, theirs, unit, goal in measure(asked.pages, asked.repeat):
        sys.stdout.write(f"{what:42} {mine:7.2f} {unit:3} {theirs:5.1f} {mine / theirs:7.3f}  {goal}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["child"]:
        child(sys.argv[2])
    else:
        main()
