"""Mojibake is undone, and nothing else is touched."""

from __future__ import annotations

import pytest

from crawler.normalise import repair

CHINESE = "數碼政策專員黃志光出席大會，並參觀兩間科技企業。"
SIMPLIFIED = "数字政策专员出席大会，并参观两家科技企业。"
ENGLISH = "Hong Kong’s “AI” scheme – worth $3 billion – isn’t over."
PORTUGUESE = "A Direcção não comentou a informação: «é cedo», disse."


def sloppy(body: bytes) -> str:
    """Read *body* as browsers read windows-1252."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in body)


@pytest.mark.parametrize("text", [CHINESE, SIMPLIFIED, ENGLISH, PORTUGUESE])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_utf8_read_as_latin_is_undone_once_to_three_times(text: str, times: int) -> None:
    broken = text
    for _ in range(times):
        broken = sloppy(broken.encode())
    assert repair(broken).text == text
    broken = text
    for _ in range(times):
        broken = broken.encode().decode("latin-1")
    assert repair(broken).text == text


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        (SIMPLIFIED, "gbk", "latin-1"),
        (CHINESE, "big5hkscs", "latin-1"),
        (CHINESE, "big5hkscs", "gb18030"),
        (SIMPLIFIED, "utf-8", "mac_roman"),
        (SIMPLIFIED, "utf-8", "cp437"),
        (PORTUGUESE, "utf-8", "cp1251"),
        (PORTUGUESE, "utf-8", "gb18030"),
        (PORTUGUESE, "utf-8", "mac_roman"),
        ("Hong Kong’s artists", "cp1252", "gb18030"),
        ("Informação de Macau", "cp1252", "gb18030"),
        ("数字政策", "utf-8", "gb18030"),
    ],
)
def test_text_read_with_another_encoding_is_undone(text: str, written: str, read: str) -> None:
    broken = text.encode(written).decode(read)
    assert broken != text
    repaired = repair(broken)
    assert repaired.text == text
    assert repaired.steps
    assert repair(text).text == text


def test_one_broken_line_is_mended_and_its_neighbours_stay() -> None:
    page = f"{CHINESE}\n{sloppy(CHINESE.encode())}\n{ENGLISH}"
    assert repair(page).text == f"{CHINESE}\n{CHINESE}\n{ENGLISH}"


@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        SIMPLIFIED,
        ENGLISH,
        PORTUGUESE,
        "INFORMAÇÃO E COMUNICAÇÃO «À VISTA»",
        "佢哋喺鰂魚涌食咗兩碗雲吞麵，嗰間舖好正㗎！",
        "①②③ ㈠㈡ ㊣ ㎡ ℃ № ☆★○●◎◇◆□■△▲※→←↑↓",
        "使用AI技術及5G網絡，與IBM合作",
        "共 3 人 於 2025 年 6 月 12 日 出席",
        "東京都 カタカナ ひらがな 한국어 Москва Ελλάδα",
        "∀x∈ℝ: √π ≈ 1.77; 25°C; ½ cup; £5m; ©2025 ®",
    ],
)
def test_clean_text_is_left_alone(text: str) -> None:
    assert repair(text).text == text
    assert repair(text).steps == ()
