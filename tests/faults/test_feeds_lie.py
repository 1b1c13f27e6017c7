"""Row P5 as readers and operators see it: pages whose encoding lies change no feed, or are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.office import Office

TRUTH = ("utf-8", "utf-8", "utf-8")
NAMES = ("立法會討論預算案", "天文台發出暴雨警告", "衞生署呼籲市民接種疫苗", "港珠澳大橋通車", "機場客運量上升")
TEXT = "政府今日公佈新措施，有關部門會繼續推動創新科技合作及發展，並與區內城市加強聯繫。" * 4


def serve(chaos: Chaos, lie: tuple[str, str, str] = TRUTH, *, spoil: str = "", space: str = "", more: str = "") -> None:
    """Put a newsroom out in an encoding whose header and meta say otherwise; *spoil* is done to its words."""
    real, header, meta = lie
    names = (*NAMES, more) if more else NAMES
    kind = f"text/html; charset={header}" if header else "text/html"
    head = f'<html><head><meta charset="{meta}"><title>新聞公報</title></head><body>' if meta else "<html><body>"

    def written(page: str) -> bytes:
        data = page.encode(real)
        match spoil:
            case "twice":  # UTF-8 read as Windows-1252 and written again
                return b"".join(bytes([one]).decode("cp1252", "replace").encode() for one in data)
            case "lost":
                return page.encode("ascii", "replace")
            case "replaced":
                return page.encode().decode("ascii", "replace").encode()
            case "few":
                return page.replace("繼續推動", "\ufffd\ufffd\ufffd\ufffd").encode()
        return data

    rows = "".join(f'<li><a class="release" href="/r/{n}.htm">{name}{space}</a></li>' for n, name in enumerate(names))
    chaos.page("/list", written(f"{head}<ul>{rows}</ul></body></html>"), kind=kind)
    for n, name in enumerate(names):
        body = f'<h1>{name}</h1><p class="date">2026-04-2{n} 10:00</p><div class="body"><p>{name}：{TEXT}</p></div>'
        chaos.page(f"/r/{n}.htm", written(f"{head}{body}{space}</body></html>"), kind=kind)


LIES = [
    ("big5hkscs", "utf-8", "gb2312"),
    ("gb18030", "big5", "utf-8"),
    ("utf-8", "iso-8859-1", "big5"),
    ("big5hkscs", "", "iso-8859-1"),
    ("gb18030", "utf-8", ""),
    ("utf-16", "utf-8", "gb2312"),
    ("utf-8-sig", "gb2312", "big5"),
]


@pytest.mark.soak
def test_p5_whatever_header_and_page_say_of_the_encoding_the_feeds_stay(empty: Office, chaos: Chaos) -> None:
    serve(chaos)
    assert empty.crawl() == "new"
    before = empty.feeds()
    document = json.loads((empty.folder / "public/feeds/source/bad.json").read_text("utf-8"))
    assert {entry["title"] for entry in document["items"]} == set(NAMES)
    for n, lie in enumerate(LIES, 1):
        serve(chaos, lie, space=" " * n)
        assert empty.crawl(1 + n) == "unchanged", lie
        assert empty.feeds() == before, lie
    assert empty.told() == []


def test_p5_words_that_are_lost_change_no_feed_and_are_told(empty: Office, chaos: Chaos) -> None:
    serve(chaos)
    assert empty.crawl() == "new"
    before = empty.feeds()
    for turn, spoil in enumerate(("twice", "lost", "replaced"), 1):
        serve(chaos, spoil=spoil)
        assert empty.crawl(2) == "suspicious"
        assert empty.feeds() == before
        serve(chaos, space=" " * turn)
        assert empty.crawl(6) == "unchanged"
        assert empty.feeds() == before
        assert empty.told() == ["suspicious", "recovered"] * turn


def test_p5_a_few_words_that_are_lost_from_pages_are_no_correction_but_are_published_where_nobody_knew_them(
    empty: Office, chaos: Chaos
) -> None:
    serve(chaos)
    assert empty.crawl() == "new"
    before = empty.feeds()
    serve(chaos, spoil="few")
    empty.crawl(2)
    assert empty.feeds() == before
    serve(chaos, spoil="few", more="消防處滅火宣傳")
    assert empty.crawl(24) == "new"
    document = json.loads((empty.folder / "public/feeds/source/bad.json").read_text("utf-8"))
    assert sum("\ufffd\ufffd" in entry["content_html"] for entry in document["items"]) == 1
