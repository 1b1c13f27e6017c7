"""The language of a short title."""

from __future__ import annotations

import pytest

from crawler.normalise import language

TITLES = {
    "en": [
        "CDP attends software industry conference in Guangzhou",
        "LCQ12: Support for start-ups",
        "Speech by CE at gala dinner",
        "HKMA launches AI sandbox",
        "Typhoon signal hoisted",
    ],
    "pt": [
        "Governo lança plano de desenvolvimento",
        "Chefe do Executivo visita Pequim",
        "Nova carreira de autocarros em Macau",
        "DSEDT apoia empresas locais",
        "Aviso sobre o tempo",
    ],
    "zh-Hant": [
        "數碼政策專員出席大會",
        "行政長官會見傳媒談話內容",
        "立法會十二題：人工智能發展",
        "之後的安排",
        "佢哋喺深水埗食咗兩碗麵",
        "HKPC與Microsoft合辦AI論壇",
    ],
    "zh-Hans": [
        "数字政策专员出席大会",
        "行政长官会见传媒谈话内容",
        "广东省发布行动方案",
        "中国5G网络建设",
        "会议在里斯本举行之后",
    ],
    "und": ["", "2025", "※ — ※", "東京でイベントを開催します", "대한민국 정부", "Правительство Москвы"],
}


@pytest.mark.parametrize(("wanted", "title"), [(name, title) for name, titles in TITLES.items() for title in titles])
def test_title_tells_its_language(wanted: str, title: str) -> None:
    assert language(title) == wanted


def test_hint_decides_only_where_the_text_does_not() -> None:
    assert language("中文", "zh-CN") == "zh-Hans"
    assert language("中文", "zh_HK") == "zh-Hant"
    assert language("中文") == "zh-Hant"
    assert language("數碼", "zh-CN") == "zh-Hant"
    assert language("2025", "pt-PT") == "pt"
    assert language("Governo lança plano de desenvolvimento", "en") == "pt"
    assert language("Macau", "pt") == "pt"
    assert language("Macau", "klingon") == language("Macau")


def test_english_that_quotes_chinese_is_english() -> None:
    assert language("The Chinese name of the Office is 數碼政策辦公室 and it was set up in July") == "en"
