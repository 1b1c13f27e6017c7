"""Real pages of the Hong Kong government, from bytes to a clean body."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.normalise import clean_html, clean_title, decode, language, sign_off, sign_off_html
from crawler.normalise.tree import read_html

ISSUED = {
    "P2019123100709": "2019-12-31T19:50:00+08:00",
    "P2017092100150": "2017-09-21T06:22:00+08:00",
    "P2017120801003": "2017-12-08T21:30:00+08:00",
    "P2022052500609": "2022-05-25T18:49:00+08:00",
}


def body_of(shared: Path, number: str) -> str:
    """Return the HTML of the element that holds the release."""
    from lxml import html

    page = decode((shared / "pages" / "www.info.gov.hk" / f"{number}.htm").read_bytes())
    return html.tostring(read_html(page.text).get_element_by_id("pressrelease"), encoding="unicode", with_tail=False)


@pytest.mark.parametrize("number", ISSUED)
def test_body_comes_out_clean_and_its_footer_says_when(shared: Path, number: str) -> None:
    clean = clean_html(body_of(shared, number), "https://www.info.gov.hk/gia/general/")
    signed = sign_off_html(clean.html)
    assert signed.published
    assert signed.published.isoformat() == ISSUED[number]
    assert signed.body.count("<p>") >= 4
    assert not any(dirt in signed.body for dirt in ("Ends/", "Issued at", "NNNN", "\u200b", "&nbsp;", "\u00a0"))
    assert sign_off(clean.text).published == signed.published
    assert clean_html(signed.body, "https://www.info.gov.hk/").html == signed.body
    assert language(clean.text) == "en"


def test_table_stays(shared: Path) -> None:
    clean = clean_html(body_of(shared, "P2019123100709"), "https://www.info.gov.hk/")
    assert "<tr><td>Age</td><td>60</td></tr>" in clean.html
    assert "Age\t60\n" in clean.text


@pytest.mark.parametrize(
    ("headline", "text", "suffixes"),
    [
        ("CE visits (with photos)(English only)", "CE visits", ("with photos", "English only")),
        ("CE visits (Eng only) (with photo/video)", "CE visits", ("Eng only", "with photo/video")),
        ("CE visits (with video/photos)", "CE visits", ("with video/photos",)),
        ("行政長官訪澳（附圖）（只有英文）", "行政長官訪澳", ("附圖", "只有英文")),
        ("行政长官访澳（附图/短片）（只备英文）", "行政长官访澳", ("附图/短片", "只备英文")),
        ("Chefe visita Macau (com fotos e vídeo)", "Chefe visita Macau", ("com fotos e vídeo",)),
        ("LCQ3: Support for SMEs (Phase 2)", "LCQ3: Support for SMEs (Phase 2)", ()),
        ("(with photos)", "(with photos)", ()),
    ],
)
def test_suffixes_leave_the_title_and_are_kept(headline: str, text: str, suffixes: tuple[str, ...]) -> None:
    title = clean_title(headline)
    assert title.text == text
    assert title.facts.get("suffixes", ()) == suffixes


def test_old_private_use_characters_of_hong_kong_are_what_they_are_now() -> None:
    page = clean_html("<p>居民乘\ue000到三樓，灣仔\uf6b1號</p><p>\ue000 Home</p>", "https://a.hk/")
    assert page.html == "<p>居民乘\U00020547到三樓，灣仔①號</p>\n<p>\ue000 Home</p>"  # the second is some icon's
    assert page.repairs == ("old-hkscs",)
    assert clean_html(page.html, "https://a.hk/").html == page.html
