"""Misread text that lost bytes on its way: what can be known is restored, the rest is said to be lost."""

from __future__ import annotations

import pytest

from crawler.normalise import repair

TEXT = "行政長官表示，特區政府會繼續推動人工智能發展，並與粵港澳大灣區各市加強合作。"
SIMPLIFIED = "广东省发布人工智能助力制造业高质量发展的行动方案，加快建设科技创新中心。"
HOLES = dict.fromkeys([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def sloppy(text: str) -> str:
    """Read the UTF-8 of *text* as browsers read windows-1252."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def alike(text: str, wanted: str) -> float:
    """Return the share of characters that stand where they should."""
    return sum(a == b for a, b in zip(text, wanted, strict=False)) / max(len(text), len(wanted))


@pytest.mark.parametrize(
    "broken",
    [
        sloppy(TEXT).replace("\u00a0", " "),
        sloppy(TEXT).translate(HOLES),
        TEXT.encode().decode("cp1252", "replace"),
        TEXT.encode().decode("gb18030", "replace"),
        TEXT.encode().decode("gb18030", "replace").replace("\ufffd", "?"),
        TEXT.encode().decode("cp1251", "replace"),
    ],
    ids=["nbsp became space", "C1 stripped", "holes lost", "GBK", "GBK with ?", "windows-1251"],
)
def test_nearly_all_comes_back(broken: str) -> None:
    repaired = repair(broken)
    assert alike(repaired.text, TEXT) > 0.9
    assert repaired.lost == repaired.text.count("\ufffd")
    assert repair(repaired.text).text == repaired.text


def test_gbk_read_as_big5_comes_back() -> None:
    broken = SIMPLIFIED.encode("gbk").decode("big5hkscs", "replace")
    assert alike(repair(broken).text, SIMPLIFIED) > 0.8


def test_what_nobody_can_know_stays_lost() -> None:
    broken = SIMPLIFIED.encode("gbk").decode("utf-8", "replace").encode().decode("gb18030", "replace")
    assert "锟斤拷" in broken
    repaired = repair(broken)
    assert "锟" not in repaired.text
    assert repaired.lost > 0


def test_prose_about_mojibake_is_left_alone() -> None:
    text = "「锟斤拷」和「烫烫烫」是常见乱码"
    assert repair(text).text == text
