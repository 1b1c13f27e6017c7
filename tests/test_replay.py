"""A folder of recorded pages in place of the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.replay import key, read_index
from crawler.run import fetch
from feeds.error import ConfigError

HEADER = "file\toriginal_url\tcontent_type\tstatus\tnote\tlocation\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.htm").write_bytes(b"<p>\xe4\xb8\x80</p>")
    rows = [
        'a.htm\thttps://a.example/新聞?x="1\ttext/html; charset=utf-8\t200\ta "quoted note\t',
        "a.htm\thttps://a.example/gone\ttext/html\t410\t\t",
        "a.htm\thttps://a.example/moved\t\t301\t\t/gone",
        "a.htm\t\ttext/html\t200\tfor reading only\t",
    ]
    (tmp_path / "index.tsv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_index_is_read_by_address_as_a_request_writes_it(folder: Path) -> None:
    pages = read_index(folder)
    assert len(pages) == 3
    assert pages[key('https://a.example/新聞?x="1#part')].content_type == "text/html; charset=utf-8"


def test_pages_answer_with_their_bytes_type_and_status(folder: Path) -> None:
    asked = ('https://a.example/新聞?x="1', "https://a.example/gone", "https://a.example/moved", "https://b.example/")
    page, gone, moved, absent = fetch(asked, replay=str(folder))
    assert (page.status, page.body, page.content_type) == (200, b"<p>\xe4\xb8\x80</p>", "text/html; charset=utf-8")
    assert (gone.status, gone.reason) == (410, "HTTP 410: gone for good")
    assert moved.url == "https://a.example/gone"
    assert (absent.status, absent.body) == (0, b"")
    assert absent.reason.startswith("not recorded: https://b.example/ is not in")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no folder of recorded pages"),
        ("file\tnote\n", "no column original_url"),
        (HEADER + "b.htm\thttps://a.example/\t\t\t\t\n", "b.htm: is no file"),
        (HEADER + "a.htm\thttps://a.example/\t\tgood\t\t\n", "expected a number of HTTP; got 'good'"),
    ],
)
def test_a_folder_that_is_none_is_told_with_its_line(tmp_path: Path, text: str | None, said: str) -> None:
    (tmp_path / "a.htm").write_bytes(b"")
    if text is not None:
        (tmp_path / "index.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_index(tmp_path)


def test_the_recorded_pages_can_be_read(shared: Path) -> None:
    pages = read_index(shared / "pages")
    assert key("https://www.info.gov.hk/gia/general/today.htm") in pages
    assert all(page.file.is_file() for page in pages.values())
