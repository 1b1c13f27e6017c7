"""One address for all its variants, one id for all readings, another digest only for other words."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.identity import (
    DEFAULT_AUTHORITY,
    canonical,
    clean_address,
    closeness,
    is_beside,
    is_marked_correction,
    is_reissue,
    local_part,
    loose,
    material_digest,
    release_id,
    title_key,
)

GIA = "https://www.info.gov.hk/gia/general/201709/21/P2017092100150.htm"
ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(
        ["http://", "https://", "HTTP://", "//", "", "ftp://", "https://sc.isd.gov.hk/TuniS/", "http://u:p@"]
    ),
    st.sampled_from(
        ["a.example", "A.Example:443", "www.info.gov.hk", "[::1]", "[", "例子.香港", "a.example.:99999", ""]
    ),
    st.text(alphabet="/%aA2é中 ;?#&=p.htm\\", max_size=20).map(lambda text: "/" + text),
    st.sampled_from(["", "?", "?b=2&a=1", "?utm_source=x", "?a=%zz&fontSize=1", "?print=1&x"]),
    st.sampled_from(["", "#", "#top", "#!/7", "#/7", "#/", "\ud800"]),
)


@pytest.mark.parametrize(
    "address",
    [
        GIA.replace("https", "http"),
        GIA.replace("www.info", "WWW.Info"),
        GIA.replace("gov.hk", "gov.hk:443"),
        GIA.replace("gov.hk", "gov.hk."),
        GIA.replace(".htm", "p.htm"),
        GIA.replace("general", "gener%61l"),
        f"{GIA}?fontSize=1",
        f"{GIA}?utm_source=rss&utm_medium=feed",
        f"{GIA}#top",
        f"  {GIA}\n",
    ],
)
def test_a_page_has_one_canonical_address(address: str) -> None:
    assert canonical(address) == (GIA, "")


@pytest.mark.parametrize(
    "address",
    [
        f"https://sc.isd.gov.hk/TuniS/{GIA.removeprefix('https://')}",
        f"http://sc.isd.gov.hk/TuniS//{GIA.removeprefix('https://')}",
        f"http://sc.info.gov.hk/gb/{GIA.removeprefix('https://')}?fontSize=1",
    ],
)
def test_a_converted_page_is_its_original_in_another_language(address: str) -> None:
    assert canonical(address) == (GIA, "zh-Hans")
    assert local_part("", address) != local_part("", GIA)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/?id=7", "https://a.example/?id=8"),
        ("https://a.example/A", "https://a.example/a"),
        ("https://a.example/en/7", "https://a.example/tc/7"),
        ("https://a.example:8443/7", "https://a.example/7"),
        ("https://a.example/printing/7", "https://a.example/ing/7"),
        ("https://a.example/20p.htm", "https://a.example/20.htm"),
        ("https://a.example/#!/7", "https://a.example/#!/8"),
        ("https://a.example/#/news/7", "https://a.example/#/news/8"),
        ("https://sc.example/gb/7", "https://example/7"),
    ],
)
def test_different_pages_keep_different_addresses(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "address",
    [
        "http://www.a.example/news/7",
        "https://m.a.example/news/7/",
        "https://a.example/news/7/index.html",
        "https://a.example/news/7/Default.aspx?lang=en",
        "https://amp.a.example/news/7/amp?hl=zh-Hant&utm_source=x",
        "https://a.example/news/7?l=tc#top",
    ],
)
def test_a_page_under_the_names_of_its_site_may_be_the_same(address: str) -> None:
    assert loose(address) == loose("https://a.example/news/7")


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/news/8",
        "https://a.example/news",
        "https://b.a.example/news/7",
        "https://a.example/news/7?id=1",
        "https://a.example/news/7?l=700",
        "https://m.example/news/7",
        "ftp://a.example/news/7",
        "https://a.example/news/7#!/x",
        "https://sc.isd.gov.hk/TuniS/a.example/news/7",
    ],
)
def test_another_page_is_not_the_same_for_its_name(address: str) -> None:
    assert loose(address) != loose("https://a.example/news/7")


@pytest.mark.parametrize(
    ("one", "other", "beside"),
    [
        ("https://a.example/n/7.htm", "https://a.example/n/8.htm", True),
        ("https://a.example/n/7/", "https://www.a.example/n/8/index.html", True),
        ("https://a.example/show?id=7", "https://a.example/show?id=8&lang=en", True),
        ("https://a.example/n/rain-stops", "https://a.example/n/rain-stops-2", True),
        ("https://a.example/n/7.htm", "https://a.example/n/7.htm?utm_source=x", False),
        ("https://a.example/n/7.htm", "https://a.example/en/press/7.htm", False),
        ("https://a.example/n/7.htm", "https://a.example/n/7", False),
        ("https://a.example/n/7", "https://b.example/n/8", False),
    ],
)
def test_two_pages_of_one_folder_stand_beside_each_other(one: str, other: str, beside: bool) -> None:  # noqa: FBT001
    assert is_beside(one, other) is is_beside(other, one) is beside


def test_the_text_with_the_same_numbers_is_the_closer_one() -> None:
    texts = [f"The patient, aged {age}, is in hospital since {day} May. Corrected." for age, day in ((33, 2), (58, 3))]
    assert max(texts, key=lambda text: closeness(text, "The patient, aged 58, is at home since 3 May.")) == texts[1]


@given(ADDRESSES)
@settings(deadline=None)
def test_the_canonical_address_of_anything_is_its_own(address: str) -> None:
    once = canonical(address)
    assert canonical(once.url).url == once.url
    assert clean_address(clean_address(address)) == clean_address(address)


@given(st.text(max_size=60), ADDRESSES)
@settings(deadline=None)
def test_the_last_part_of_an_id_is_safe_as_a_folder_and_in_a_uri(native: str, address: str) -> None:
    local = local_part(native, address)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", local)
    assert release_id(DEFAULT_AUTHORITY, "s", local) == f"tag:{DEFAULT_AUTHORITY}:release/s/{local}"


@given(st.text(max_size=80), st.text(max_size=300))
@settings(deadline=None)
def test_what_does_not_change_the_words_does_not_change_the_digest(title: str, text: str) -> None:
    def wide(told: str) -> str:
        return told.translate({ord("!"): "！", ord(","): "，", ord("("): "（", ord("'"): "’", ord("-"): "–"})

    digest = material_digest(title, text)
    assert digest == material_digest(f" {title}\u200b", f"\n{text}  ")
    assert digest == material_digest(wide(title), wide(text))
    assert digest == material_digest(title, unicodedata.normalize("NFC", unicodedata.normalize("NFD", text)))
    assert digest != material_digest(title, f"{text}x")


@pytest.mark.parametrize(
    ("one", "other"),
    [("$3.5 m", "$35 m"), ("A", "a"), ("香港", "澳門"), ("not so", "so"), ("1 to 2", "1-2"), ("10%", "10")],
)
def test_other_words_have_another_digest(one: str, other: str) -> None:
    assert material_digest("T", one) != material_digest("T", other)
    assert material_digest(one, "T") != material_digest(other, "T")
    assert material_digest(one, "") != material_digest("", one)


HONG_KONG = timezone(timedelta(hours=8))
DAY = datetime(2020, 1, 2, 0, 30, tzinfo=HONG_KONG)


def test_a_title_is_known_again_on_its_day_in_its_language() -> None:
    key = title_key("CE attends forum in Beijing", DAY, "en")
    for same in (
        "ce attends  forum in Beijing",
        "CE attends forum, in Beijing (Correction)",
        "CE attends forum in Beijing.",
    ):
        assert title_key(same, DAY + timedelta(hours=20), "en") == key
    assert title_key("CE attends forum in Beijing", DAY - timedelta(hours=1), "en") != key
    assert title_key("CE attends forum in Beijing", DAY.astimezone(UTC), "en") != key, "the day is that of the place"
    assert title_key("CE attends forum in Beijing", DAY, "pt") != key
    assert title_key("CE attends forum in Shanghai", DAY, "en") != key
    assert title_key("…", DAY, "en") == title_key("Title", None, "en") == ""


MERS = "The CHP today reported a suspected case of MERS. The patient, aged {}, travelled to the Middle East in {}. {}"


def test_the_same_words_about_another_patient_are_another_release() -> None:
    rest = "The patient is now under isolation in stable condition and his respiratory samples are tested. " * 3
    assert not is_reissue(MERS.format(33, "May", rest), MERS.format(58, "May", rest))
    assert is_reissue(MERS.format(33, "May", rest), MERS.format(33, "June", rest))
    assert is_reissue(MERS.format(33, "May", rest), MERS.format(58, "May", rest), marked=True)
    assert not is_reissue(MERS.format(33, "May", rest), "The Secretary spoke at a forum on finance.", marked=True)
    assert is_reissue("", "")
    assert not is_reissue("", "Some words")
    assert is_reissue("行政長官今日（一月二日）出席論壇。", "行政長官今日(一月二日)出席論壇")


@pytest.mark.parametrize(
    ("title", "marked"),
    [
        ("CE speaks (Correction)", True),
        ("CE speaks (with correction)", True),
        ("【更正】行政長官談話", True),
        ("Nota (rectificação)", True),
        ("CE speaks (with photos)", False),
        ("Correctional Services Department open day (English only)", False),
        ("Correction officers meet", False),
    ],
)
def test_a_correction_says_so_in_brackets(title: str, marked: bool) -> None:  # noqa: FBT001 -- a table
    assert is_marked_correction(title) is marked
