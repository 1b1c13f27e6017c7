"""Bytes become the right text, whatever they say of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.normalise import decode
from crawler.normalise.build_codec import codes, read_index
from crawler.normalise.codec import decode_as
from crawler.normalise.label import encoding_of

HANT = "數碼政策專員黃志光今日出席大會，並參觀兩間科技企業，了解人工智能的應用。"
HANS = "数字政策专员黄志光今日出席大会，并参观两家科技企业，了解人工智能的应用。"
CANTONESE = "佢哋喺深水埗食咗兩碗雲吞麵，嗰間舖好正㗎。"
PORTUGUESE = "O Governo da Região não comentou a informação — «é cedo», disse."
LABELS = ["", "utf-8", "big5", "gb2312", "iso-8859-1", "nonsense"]


@pytest.mark.parametrize("name", ["big5", "gb18030"])
def test_every_two_byte_code_reads_as_the_standard_says(shared: Path, name: str) -> None:
    table = dict(codes(name, read_index(shared / "encoding" / f"index-{name}.txt")))
    assert len(table) > 18_000
    assert [code for code, char in table.items() if decode_as(code, name) != (char, 0)] == []
    assert decode_as(b"".join(table), name) == ("".join(table.values()), 0)
    assert decode_as(b"lorem " + b" ipsum ".join(table), name)[0] == "lorem " + " ipsum ".join(table.values())


@pytest.mark.parametrize("name", ["tests1.dat", "tests2.dat"])
def test_html5lib_encoding_tests_pass(shared: Path, name: str) -> None:
    cases = re.split(rb"(?:^|\n)#data\n", (shared / "encoding" / "html5lib" / name).read_bytes())[1:]
    wrong = []
    for case in cases:
        page, _, expected = case.partition(b"\n#encoding\n")
        if decode(page).encoding != encoding_of(expected.split(b"\n")[0].decode()):
            wrong.append(page)
    assert wrong == []


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (HANT, "big5"),
        (HANT, "gb18030"),
        (HANT, "utf-8"),
        (HANS, "gb2312"),
        (HANS, "gb18030"),
        (HANS, "utf-8"),
        (CANTONESE, "big5hkscs"),
        (CANTONESE, "utf-8"),
        (PORTUGUESE, "cp1252"),
        (PORTUGUESE, "utf-8"),
    ],
)
def test_text_is_right_declared_undeclared_or_falsely_declared(text: str, codec: str, label: str) -> None:
    body = text.encode(codec)
    assert decode(body, f"text/html; charset={label}").text == text
    page = f'<meta charset="{label}"><p>{text}</p>'
    assert decode(page.encode(codec)).text == page


def test_damage_stays_local() -> None:
    utf8 = HANT.encode()
    assert decode(utf8[:-1]).text == HANT[:-1] + "\ufffd"
    assert decode(utf8[:30] + b"\x92" + utf8[30:]).text == HANT[:10] + "’" + HANT[10:]
    footer = b"<p>" + HANS.encode("gbk") + b"</p>"
    assert decode(b"<p>" + utf8 * 3 + b"</p>" + footer).text == f"<p>{HANT * 3}</p><p>{HANS}</p>"
    assert decode("价格为".encode("gbk") + b"\x80100" + HANS.encode("gbk")).text == f"价格为€100{HANS}"
    plain = "<p>" + "lorem ipsum " * 20_000 + "</p>"
    assert decode((plain + HANT).encode("big5")).text == plain + HANT
    assert decode(b"\xff\xfe" + HANT.encode("utf-16-le"), "text/html; charset=big5").text == HANT
    assert decode(b"\xef\xbb\xbf" + utf8, "text/html; charset=big5").text == HANT
    assert decode("It’s £5m".encode("cp1252")).text == "It’s £5m"
    lost = HANT.encode("big5")[:21] + HANT.encode("big5")[22:]
    assert decode(lost).encoding == "big5"


def test_home_of_the_page_decides_where_its_bytes_do_not() -> None:
    for word in ("大埔", "入境", "資訊"):
        assert decode(f"<p>{word}</p>".encode("big5"), url="https://www.gov.hk/").text == f"<p>{word}</p>"
    for word in ("中山", "入境", "资讯"):
        assert decode(f"<p>{word}</p>".encode("gbk"), url="https://www.gd.gov.cn/").text == f"<p>{word}</p>"


def test_declarations_are_named_and_read_in_their_order() -> None:
    page = b"<?xml version='1.0' encoding='big5'?><rss>" + HANT.encode("big5") + b"</rss>"
    assert (decode(page).encoding, decode(page).via) == ("big5", "meta")
    assert decode(b"plain").encoding == "windows-1252"
    assert decode(b"plain", "text/html; charset=GB2312").encoding == "gbk"
    assert decode(b"").text == ""
    japanese = "香港政府は新しい政策を発表しました。".encode("shift_jis")
    assert decode(japanese, "text/html; charset=Shift_JIS").text.startswith("香港政府は")
