"""What holds for any text whatever: legal XML, NFC, idempotence, no exception, linear time."""

from __future__ import annotations

import re
import time
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.normalise import (
    clean_html,
    clean_text,
    clean_title,
    decode,
    issued_on_behalf,
    language,
    plain_release,
    read_date,
    repair,
    sign_off,
    sign_off_html,
)
from crawler.normalise.codec import decode_as
from crawler.normalise.markup import _cleaner

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CLEAN = "數碼政策專員出席大會，並與 IBM 合作。Café «não» – informação’s $3 billion\u3000全形　"
PIECES = [
    "<html>", "<html", "<body>",
    *CLEAN,
    *map(chr, (0x80, 0x85, 0x92, 0x9D, 0xA0, 0xAD, 0x200B, 0x200D, 0x2028, 0xFEFF, 0xFFFD, 0xD800, 0xDFFF, 0, 8, 0x1B)),
    "é", "e\u0301", "\u0338", ">", "<", "&", "&amp;", "&amp;amp;lt;", "&#38;amp;", "&nbsp;", "\\$3",
    "\n", "\n\n", " ", "<br>", "<p>", "</p>", "<b>", "</b>", "<a href='x'>", "</a>",
    "<table><tr><td>", "</td></tr></table>", "<ul><li>", "</ul>", "<pre>", "</pre>", "<div>",
    "</div>", "<h2>", "</h2>", "<img src=a.jpg alt=b>", "<script>x</script>", "<!--", "-->", "<hr>",
    "<caption>", "<blockquote>", "<font>", "<ruby>", "<rt>", "â€™", "Ã©", "Â", "浣犲ソ", "鈥", "锟斤拷",
    "抯", "Р°", "√©", "Ends/", "Issued at HKT 6:22", "完", "2025年6月12日", "June 12", "12/06/2025",
    "today", "(with photos)", "（附圖）", "\u2f00", "\uf907", "\U0002f800", "각",
]  # fmt: skip
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=80))
bodies = st.one_of(st.binary(max_size=120), texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
codecs = st.sampled_from(["utf-8", "gb18030", "big5hkscs", "cp1252", "latin-1", "utf-16"])
law = settings(deadline=None)  # shared cores: a pause is no fault
ADDRESS = "https://www.info.gov.hk/gia/general/"


def is_clean(text: str) -> bool:
    """Say whether *text* may leave the normaliser."""
    return not ILLEGAL.search(text) and unicodedata.is_normalized("NFC", text)


@law
@given(texts)
def test_clean_text_is_legal_normal_and_a_fixpoint(text: str) -> None:
    clean = clean_text(text)
    assert is_clean(clean)
    assert clean_text(clean) == clean
    assert "\u200b" not in clean


@law
@given(texts)
def test_clean_html_is_legal_normal_and_a_fixpoint(html: str) -> None:
    clean = clean_html(html, ADDRESS)
    assert is_clean(clean.html)
    assert is_clean(clean.text)
    again = clean_html(clean.html, ADDRESS)
    assert again.html == clean.html
    assert again.text == clean.text
    assert not re.search(
        "<(?!/?(?:a|abbr|b|blockquote|br|caption|em|figure|h[1-6]|hr|img|li|p|rt|ruby|t[dhr]|table|tbody|ul)[ >])",
        clean.html,
    )


@law
@given(texts)
def test_the_sanitiser_leaves_clean_html_as_it_is(html: str) -> None:
    found = clean_html(html, ADDRESS).html
    assert _cleaner().clean(found) == found


@law
@given(st.lists(texts.map(lambda text: text.replace("<", "&lt;")), max_size=4))
def test_a_bare_paragraph_reads_as_one_with_an_empty_element_in_it(parts: list[str]) -> None:
    bare, other = ("".join(f"<p>{begin}{part}</p>" for part in parts) for begin in ("", "<font></font>"))
    assert clean_html(bare, ADDRESS) == clean_html(other, ADDRESS)


@law
@given(texts)
def test_repair_is_a_fixpoint_and_counts_what_is_lost(text: str) -> None:
    repaired = repair(text)
    assert repair(repaired.text).text == repaired.text
    assert repaired.lost == repaired.text.count("\ufffd")
    assert bool(repaired.steps) == (repaired.text != text)
    assert repaired.text.count("\n") == text.count("\n")


@law
@given(texts, codecs, codecs)
def test_repair_never_raises_on_misread_text(text: str, written: str, read: str) -> None:
    broken = text.encode(written, "ignore").decode(read, "replace")
    assert repair(repair(broken).text).text == repair(broken).text


@law
@given(texts)
def test_markup_is_never_altered_by_repair(text: str) -> None:
    words = re.sub(r"[<>&\n\ud800-\udfff]", "", text)
    clean = clean_html(f"<p>a <b>{words}</b> <a href='{ADDRESS}x'>c</a></p>", ADDRESS)
    tags = re.findall("<[^>]*>", clean.html)
    wanted = ["<p>", "<b>", "</b>", f'<a href="{ADDRESS}x">', "</a>", "</p>"]
    assert tags == wanted or tags == [tag for tag in wanted if tag not in {"<b>", "</b>"}]


@law
@given(bodies, st.sampled_from(["", "text/html; charset=big5", "text/html; charset=gb2312", "text/html;charset=x"]))
def test_decode_takes_any_bytes(body: bytes, content_type: str) -> None:
    found = decode(body, content_type, "https://www.gov.hk/")
    assert found.encoding == found.encoding.lower()
    assert not re.search("[\ud800-\udfff]", found.text)
    assert decode(body, content_type, "https://www.gov.hk/") == found


@law
@given(
    bodies,
    st.sampled_from(["big5", "gb18030", "gbk"]),
    st.sampled_from([0, 1, 1023, 1024, 3000]),
    st.sampled_from([8, 9, 1023, 1024, 1032, 3000]),
)
def test_what_stands_around_it_does_not_change_how_a_page_reads(
    body: bytes, name: str, before: int, after: int
) -> None:
    text, errors = decode_as(body + b"0" * 8, name)
    assert decode_as(b"<" * before + body + b"0" * after, name) == ("<" * before + text + "0" * (after - 8), errors)


@law
@given(texts)
def test_utf8_survives_decoding(text: str) -> None:
    plain = re.sub("[\ud800-\udfff\ufeff]", "", text)
    if not plain.isascii():
        assert decode(plain.encode(), "text/html; charset=ISO-8859-1").text == plain


zones = st.sampled_from(["Asia/Hong_Kong", "Europe/Lisbon", "America/Los_Angeles", "nowhere", ""])
moments = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=-12)))),
)


@law
@given(texts, zones, moments)
def test_dates_are_aware_and_nothing_raises(text: str, zone: str, seen: datetime) -> None:
    found = read_date(text, zone=zone, seen=seen)
    assert found is None or found.utcoffset() is not None


@law
@given(texts, st.sampled_from(["", "en", "zh-HK", "?"]))
def test_the_rest_is_total(text: str, hint: str) -> None:
    assert language(text, hint) in {"en", "pt", "zh-Hant", "zh-Hans", "und"}
    title = clean_title(text)
    assert clean_title(title.text).text == title.text
    assert is_clean(title.text)
    assert "\n" not in title.text
    release = plain_release(text)
    assert all(is_clean(paragraph) for paragraph in release.paragraphs)
    signed = sign_off(text)
    assert sign_off(signed.body).body == signed.body or signed.found
    assert len(sign_off_html(clean_html(text, ADDRESS).html).body) <= len(clean_html(text, ADDRESS).html)
    assert isinstance(issued_on_behalf(text), str)


@pytest.mark.parametrize(
    "unit",
    [
        "Ã",
        "鈥",
        "&amp;",
        "â€",
        "锟斤拷",
        "\u00a0<br>",
        "<b>",
        "\u200d",
        "Р",
        "?浣",
        "\ufffd",
        "(附圖)",
        "12-",
        ",",
        "é ",
    ],
)
def test_a_megabyte_of_anything_ends_in_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        repair(text)
        clean_text(text)
        clean_title(text)
        language(text)
        sign_off(text)
        read_date(text, zone="Asia/Macau", seen=datetime(2025, 6, 13, tzinfo=UTC))
        decode(text.encode())
        clean_html(text, ADDRESS)
        return time.process_time() - start

    small = max(seconds(20_000), 0.05)
    assert seconds(80_000) < 12 * small
