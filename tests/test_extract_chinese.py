"""Short releases, and pages of Chinese governments: days and titles in few characters, files beside the text."""

from __future__ import annotations

import pytest

from crawler.extract import Extracted, read_release

SAID = "數字政策專員今日在論壇上表示，會繼續推動人工智能在公共服務中的應用，並與業界保持緊密聯繫，詳情容後公布。"
MAINLAND = "各地级以上市工业和信息化主管部门要高度重视，认真组织实施，确保按时完成各项任务，并于月底前报送工作总结。"


def read(markup: str, url: str = "https://www.dept.gov.hk/n/1.htm") -> Extracted:
    return read_release(f"<html>{markup}</html>", url)


@pytest.mark.parametrize(
    "head", ["<h1>香港特別行政區政府</h1><h2>署長出席論壇</h2>", "<div class=title>署長出席論壇</div>"]
)
def test_a_day_in_chinese_numbers_and_a_title_of_six_characters_are_read(head: str) -> None:
    paragraphs = f"<p>{SAID}</p>" * 2 + f"<p>{SAID[::-1]}</p><p>完</p>"
    page = f"<title>署長出席論壇 | 數字政策辦公室</title><body>{head}<p>二〇二六年六月十八日</p>{paragraphs}"
    found = read(page.replace("辦公室", "辦公署"))
    assert found.title == "署長出席論壇"
    assert str(found.published)[:10] == "2026-06-18"


@pytest.mark.parametrize(
    ("numbers", "day"),
    [
        ("二〇二五年十月一日", "2025-10-01"),
        ("二○二五年十二月三十一日", "2025-12-31"),
        ("二零二六年一月二十日", "2026-01-20"),
    ],
)
def test_days_in_chinese_numbers_are_told(numbers: str, day: str) -> None:
    found = read(f"<body><h1>署長出席論壇談人工智能</h1><div class=date>{numbers}</div><p>{SAID}</p><p>{SAID}")
    assert str(found.published)[:10] == day


@pytest.mark.parametrize("said", ["The Observatory will be closed on Monday.", "本署今日起暫停服務，直至另行通知。"])
def test_a_release_of_one_line_is_read_without_its_head(said: str) -> None:
    found = read(
        "<head><title>Notice - Dept</title></head><body><div id=nav><a href=/>Home</a> <a href=/n>News</a></div>"
        f"<div class=content><h1>Notice on services</h1><p class=date>18 June 2026</p><p>{said}</p></div>"
        "<div class=footer>Copyright 2026 Dept. All rights reserved. <a href=/p>Privacy Policy</a></div>"
    )
    assert (found.title, str(found.published)[:10], found.text) == ("Notice on services", "2026-06-18", said)


def test_files_that_a_line_below_the_text_names_are_attachments() -> None:
    found = read(
        '<head><meta name="ArticleTitle" content="关于开展认定工作的通知">'
        '<meta name="PubDate" content="2026-06-18 09:30">'
        f"</head><body><h1>关于开展认定工作的通知</h1><div class=TRS_Editor>{f'<p>　　{MAINLAND}</p>' * 3}"
        "<p>　　附件：<a href='./P020260618.pdf'>申报书.pdf</a></p></div><div class=share>分享到：微信 微博</div>",
        "http://gdii.example.gov.cn/tzgg/content/post_1.html",
    )
    assert [file.url for file in found.attachments] == ["http://gdii.example.gov.cn/tzgg/content/P020260618.pdf"]


def test_a_year_alone_is_no_day() -> None:
    assert (
        read(f"<body><h1>A pier</h1><p>{'It will open to the public soon. ' * 9}</p><p>Copyright 2026").published
        is None
    )
