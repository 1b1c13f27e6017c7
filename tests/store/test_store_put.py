"""What the store makes of a draft: new, seen, changed; and under which id."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from feeds.error import StoreError
from feeds.release import Attachment, Change, Draft, Photo, Translation
from feeds.store import Store, open_store

HKT = timezone(timedelta(hours=8))
SEEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DRAFT = Draft(
    source="hk-gia-en",
    native_id="P2026030400150",
    url="https://www.info.gov.hk/gia/general/202603/04/P2026030400150.htm",
    title="SFST speaks at a forum",
    seen=SEEN,
    published=datetime(2026, 3, 4, 12, 30, tzinfo=HKT),
    language="en",
    author="Financial Services and the Treasury Bureau",
    summary="The Secretary spoke.",
    text="The Secretary spoke at a forum today, with 42 guests from the Greater Bay Area.\n\nHe left at noon.",
    html="<p>The Secretary spoke at a forum today.</p>",
    photos=(Photo(url="https://gia.info.gov.hk/1.jpg", caption="A"),),
    attachments=(Attachment(url="https://gia.info.gov.hk/1.pdf", title="Annex", type="application/pdf", length=9),),
    facts={"suffixes": ("with photo",), "ref": "1"},
    repairs=("mojibake",),
)
ID = "tag:baywire.invalid,2026:release/hk-gia-en/P2026030400150"
LATER = SEEN + timedelta(hours=1)


def put(store: Store, *drafts: Draft) -> list[tuple[str, str]]:
    with store.writing() as writing:
        done = [writing.put(draft, now=draft.seen) for draft in drafts]
    return [(change.value, id_) for change, id_ in done]


def test_put_tells_new_from_seen_from_changed(store: Store) -> None:
    reworded = replace(DRAFT, text="The Secretary did not speak.", seen=LATER)
    assert put(store, DRAFT, DRAFT, reworded, reworded) == [("new", ID), ("seen", ID), ("changed", ID), ("seen", ID)]


def test_a_release_comes_back_as_it_was_put(store: Store) -> None:
    put(store, DRAFT)
    release = store.release(ID)
    assert release is not None
    same = "source native_id url language title author published summary text html photos attachments facts repairs"
    for name in same.split():
        assert getattr(release, name) == getattr(DRAFT, name), name
    assert release.published.utcoffset() == timedelta(hours=8)
    assert (release.updated, release.first_seen, release.revision) == (DRAFT.published, SEEN, 1)


def test_a_material_change_moves_updated_and_keeps_both_wordings(store: Store) -> None:
    put(store, DRAFT, replace(DRAFT, title="SFST speaks at two forums", seen=LATER))
    release = store.release(ID)
    assert release is not None
    assert (release.title, release.updated, release.revision) == ("SFST speaks at two forums", LATER, 2)
    assert [wording.title for wording in store.revisions(ID)] == [DRAFT.title, "SFST speaks at two forums"]
    ((corrected, before, after),) = store.corrections(limit=5)
    assert (corrected.id, before.number, after.number) == (ID, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        DRAFT.text.replace(" ", "  "),
        DRAFT.text.replace(", ", "， "),
        DRAFT.text.replace("\n\n", "\n"),
        DRAFT.text.replace("42", "\u200b42"),
    ],
)
def test_white_space_and_width_of_punctuation_do_not_move_updated(store: Store, text: str) -> None:
    assert put(store, DRAFT, replace(DRAFT, text=text, seen=LATER)) == [("new", ID), ("seen", ID)]
    release = store.release(ID)
    assert release is not None
    assert (release.updated, release.revision, release.text) == (DRAFT.published, 1, text)


def test_a_better_reading_of_equal_bytes_does_not_move_updated(store: Store) -> None:
    worse = replace(DRAFT, text="Cyberportâ€™s 42 guests", page="aa")
    better = replace(DRAFT, text="Cyberport’s 42 guests", page="aa", seen=LATER)
    assert put(store, worse, better, better) == [("new", ID), ("seen", ID), ("seen", ID)]
    release = store.release(ID)
    assert release is not None
    assert (release.text, release.revision, release.updated) == (better.text, 1, DRAFT.published)
    assert put(store, replace(better, page="bb", seen=LATER)) == [("seen", ID)]


def test_photos_that_come_later_are_taken_without_a_correction(store: Store) -> None:
    put(store, replace(DRAFT, photos=()), replace(DRAFT, seen=LATER))
    release = store.release(ID)
    assert release is not None
    assert release.photos == DRAFT.photos
    assert release.revision == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://www.info.gov.hk/gia/general/202603/04/P2026030400150.htm",
        "https://www.info.gov.hk/gia/general/202603/04/P2026030400150.htm?fontSize=1",
        "https://www.info.gov.hk/gia/general/202603/04/P2026030400150p.htm",
        "https://WWW.INFO.GOV.HK:443/gia/general/202603/04/P2026030400150.htm#top",
    ],
)
def test_every_address_of_a_page_leads_to_the_id_first_minted(store: Store, url: str) -> None:
    assert put(store, DRAFT, replace(DRAFT, url=url, native_id="", seen=LATER)) == [("new", ID), ("seen", ID)]
    assert store.known("hk-gia-en", [url, "https://www.info.gov.hk/other"]) == {url}
    assert [found.id for found in store.find(url)] == [ID]
    release = store.release(ID)
    assert release is not None
    assert release.url == DRAFT.url


def test_a_page_that_moved_keeps_its_id(store: Store) -> None:
    old = replace(DRAFT, source="a", native_id="", url="https://a.example/news/7")
    new = replace(old, url="https://a.example/en/press/7.html", seen=LATER)
    assert len({id_ for _, id_ in put(store, old, new)}) == 1
    assert store.count() == 1


def test_an_address_that_redirects_is_an_alias(store: Store) -> None:
    put(store, replace(DRAFT, aliases=("https://www.info.gov.hk/short/150",)))
    assert store.known("hk-gia-en", ["http://www.info.gov.hk/short/150"])


def test_two_cases_told_in_the_same_words_stay_two(store: Store) -> None:
    text = "The CHP is investigating a suspected case of MERS. The patient, aged {age}, is in hospital since {day} May."
    one = replace(DRAFT, title="Suspected MERS case reported", text=text.format(age=33, day=2))
    two = replace(one, native_id="P2026030400151", url=one.url.replace("150.", "151."), text=text.format(age=58, day=3))
    other_day = replace(one, native_id="P2026030700151", url="https://www.info.gov.hk/gia/general/202603/07/P2026030700151.htm",
                        published=datetime(2026, 3, 7, 12, 30, tzinfo=HKT))  # fmt: skip
    assert [change for change, _ in put(store, one, two, other_day)] == ["new", "new", "new"]
    assert store.count() == 3


def test_a_release_issued_again_under_another_number_is_one(store: Store) -> None:
    again = replace(DRAFT, native_id="P2026030400199", url=DRAFT.url.replace("150.", "199."), seen=LATER)
    assert put(store, DRAFT, again) == [("new", ID), ("seen", ID)]
    corrected = replace(again, native_id="P2026030400201", url=DRAFT.url.replace("150.", "201."),
                        title=f"{DRAFT.title} (Correction)", text=DRAFT.text.replace("42", "43"))  # fmt: skip
    assert put(store, corrected) == [("changed", ID)]
    assert put(store, DRAFT, again, corrected) == [("seen", ID)] * 3
    release = store.release(ID)
    assert release is not None
    assert (release.revision, release.published, release.native_id) == (2, DRAFT.published, DRAFT.native_id)


def test_one_address_for_many_numbered_releases_loses_none(store: Store) -> None:
    many = [
        replace(DRAFT, native_id=f"N{number}", url="https://a.example/", title=f"Title {number}", text=f"Text {number}")
        for number in range(4)
    ]
    assert [change for change, _ in put(store, *many)] == ["new"] * 4
    assert [change for change, _ in put(store, *reversed(many))] == ["seen"] * 4
    assert {release.url for release in store.releases(store.newest(limit=9)).values()} == {"https://a.example/"}


def test_one_number_for_many_releases_loses_none(store: Store) -> None:
    texts = ["The Secretary spoke at noon.", "Water supply stops in Sha Tin.", "行政長官出席論壇致辭"]
    many = [
        replace(DRAFT, native_id="0", url=f"https://a.example/{number}", title=text, text=text)
        for number, text in enumerate(texts)
    ]
    assert [change for change, _ in put(store, *many)] == ["new"] * 3
    assert [change for change, _ in put(store, *reversed(many))] == ["seen"] * 3
    edited = [replace(draft, text=f"{draft.text} Corrected words.", seen=LATER) for draft in many]
    assert [change for change, _ in put(store, *edited)] == ["changed"] * 3
    assert store.count() == 3


def test_the_simplified_view_is_another_language_of_the_same_page(store: Store) -> None:
    chinese = "https://www.info.gov.hk/gia/general/202603/04/P2026030400152.htm"
    simplified = f"http://sc.isd.gov.hk/TuniS//{chinese.removeprefix('https://')}"
    both = (Translation(language="zh-Hant", url=chinese), Translation(language="zh-Hans", url=simplified))
    put(
        store,
        replace(DRAFT, translations=both),
        replace(DRAFT, source="hk-gia-zh", native_id="P2026030400152", url=chinese, language="zh-Hant"),
        replace(DRAFT, source="hk-gia-zh-hans", native_id="P2026030400152", url=simplified, language="zh-Hans"),
    )
    release = store.release(ID)
    assert release is not None
    assert {item.language: (item.id or "").split("/")[1] for item in release.translations} == {
        "zh-Hant": "hk-gia-zh",
        "zh-Hans": "hk-gia-zh-hans",
    }
    (other,) = store.find("hk-gia-zh/P2026030400152")
    assert [(item.language, item.id, item.url) for item in other.translations] == [("en", ID, DRAFT.url)]


def test_both_languages_know_each_other_whoever_comes_first(store: Store) -> None:
    chinese = replace(DRAFT, source="zh", native_id="C", url="https://a.example/c", language="zh-Hant")
    english = replace(DRAFT, translations=(Translation(language="zh-Hant", url="http://a.example/c"),))
    for first, second in ((chinese, english), (english, chinese)):
        put(store, first, second)
        (zh,) = store.find("release/zh/C")
        (en,) = store.find(ID)
        assert [item.id for item in zh.translations] == [ID]
        assert [item.id for item in en.translations] == [zh.id]


def test_a_date_that_cannot_be_is_replaced_by_when_it_was_seen(store: Store) -> None:
    for number, published in enumerate((datetime(1970, 1, 1, tzinfo=UTC), SEEN + timedelta(days=3))):
        draft = replace(DRAFT, native_id=f"D{number}", url=f"https://a.example/{number}", published=published)
        ((_, id_),) = put(store, draft)
        release = store.release(id_)
        assert release is not None
        assert release.published == SEEN
        assert "impossible-date" in release.repairs


def test_a_date_learnt_later_replaces_the_fallback_and_never_the_other_way(store: Store) -> None:
    put(store, replace(DRAFT, published=None))
    assert store.newest(limit=1, since=SEEN) == (ID,)
    put(store, replace(DRAFT, seen=LATER), replace(DRAFT, published=None, seen=LATER))
    release = store.release(ID)
    assert release is not None
    assert release.published == release.updated == DRAFT.published


def test_an_id_stays_when_the_authority_changes(store_url: str) -> None:
    with open_store(store_url) as store:
        put(store, DRAFT)
    with open_store(store_url, authority="news.example,2027") as store:
        assert put(store, DRAFT) == [("seen", ID)]
        other = replace(DRAFT, native_id="P1", url="https://a.example/1", title="Other")
        assert put(store, other) == [("new", "tag:news.example,2027:release/hk-gia-en/P1")]


def test_a_withdrawn_release_stays_marked(store: Store) -> None:
    put(store, DRAFT)
    with store.writing() as writing:
        writing.withdraw(ID, now=LATER)
        writing.withdraw(ID, now=LATER + timedelta(days=1))
    release = store.release(ID)
    assert release is not None
    assert release.withdrawn == LATER


def test_a_page_is_stored_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as writing:
        _ = (writing.put(DRAFT, now=SEEN), 1 / 0)
    assert store.count() == 0
    assert store.search("Secretary").total == 0


def test_characters_that_a_database_refuses_do_not_cost_the_release(store: Store) -> None:
    ((change, id_),) = put(
        store,
        replace(DRAFT, title="a\0b\ud800c\uffff", text="x\0\x1b", facts={"a": "\0", "b": ("\\u0000", "\udfff")}),
    )
    release = store.release(id_)
    assert release is not None
    assert (change, release.title, release.text) == ("new", "a\ufffdb\ufffdc\ufffd", "x\ufffd\ufffd")
    assert release.facts == {"a": "\ufffd", "b": ("\\u0000", "\ufffd")}


def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises((StoreError, ValueError, TypeError)):
        put(store, replace(DRAFT, seen=datetime(2026, 1, 1)))  # noqa: DTZ001 -- that is the point


def test_change_has_three_words() -> None:
    assert [change.value for change in Change] == ["new", "changed", "seen"]


def test_another_release_at_a_used_address_is_another_one_and_a_correction_is_not(store: Store) -> None:
    latest = replace(DRAFT, native_id="", url="https://www.info.gov.hk/latest.htm")
    other = {
        "title": "Water supply suspended in Sha Tin",
        "text": "Repair of a main pipe begins tonight; tanks stand by.",
    }
    next_day = replace(latest, **other, published=DRAFT.published + timedelta(days=1), seen=LATER)  # type: ignore[arg-type, operator]
    reworded = replace(next_day, text=f"{next_day.text} It ends on Friday.", seen=LATER + timedelta(hours=1))
    (_, first), (_, second), again, back, corrected = put(store, latest, next_day, next_day, latest, reworded)
    assert first != second
    assert (again, back, corrected) == (("seen", second), ("seen", first), ("changed", second))
    same_day = replace(latest, **other, seen=LATER)  # type: ignore[arg-type]
    assert put(store, same_day)[0] == ("changed", first)
    assert store.count() == 2


@pytest.mark.parametrize("number", ["5", "P2026"])
def test_a_number_that_is_given_anew_is_another_release(store: Store, number: str) -> None:
    first = replace(DRAFT, native_id=number, url=f"https://www.info.gov.hk/d?id={number}")
    other = replace(
        first,
        title="Water supply suspended in Sha Tin",
        text="Repair of a main pipe begins tonight; tanks stand by.",
        published=LATER + timedelta(days=400),
        seen=LATER + timedelta(days=400),
    )
    (one, a), (two, b) = put(store, first, other)
    assert (one, two, a == b) == ("new", "new", False)
    assert put(store, other, first) == [("seen", b), ("seen", a)]


def test_a_release_without_a_day_under_another_address_is_known_by_its_words(store: Store) -> None:
    bare = replace(DRAFT, native_id="", published=None, url="https://www.info.gov.hk/r/1.htm?sid=1")
    ((_, first),) = put(store, bare)
    again = replace(bare, url="https://www.info.gov.hk/r/1.htm?sid=2", seen=LATER)
    assert put(store, again) == [("seen", first)]
    alike = replace(bare, url="https://www.info.gov.hk/r/2.htm", text=bare.text.replace("42", "43"))
    assert put(store, alike)[0][0] == "new"
    empty = [replace(bare, url=f"https://www.info.gov.hk/r/{n}.htm", text="", html="") for n in (7, 8)]
    assert [change for change, _ in put(store, *empty)] == ["new", "new"]
