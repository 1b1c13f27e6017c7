"""A release that reached us as plain text."""

from __future__ import annotations

from pathlib import Path

from crawler.normalise import date_in_address, plain_release, read_date

ADDRESS = "https://www.info.gov.hk/gia/general/202506/12/P2025061200000.htm"


def test_broken_release_comes_out_whole(shared: Path) -> None:
    release = plain_release((shared / "seed" / "release.txt").read_text("utf-8"))
    assert release.title.text.startswith("CDP attends 2025 Guangdong")
    assert release.title.facts == {"suffixes": ("with photos",)}
    assert release.paragraphs[0].startswith("The Commissioner")
    text = "\n\n".join(release.paragraphs)
    assert "launched a $3 billion" in text
    assert "principle of having strong support" in text
    assert release.repairs == ("mojibake", "zero-width", "dollar", "joined-paragraph")


def test_day_comes_from_text_and_year_from_address(shared: Path) -> None:
    release = plain_release((shared / "seed" / "release.txt").read_text("utf-8"))
    seen = date_in_address(ADDRESS, zone="Asia/Hong_Kong")
    assert seen
    found = read_date(release.paragraphs[0], zone="Asia/Hong_Kong", seen=seen)
    assert found
    assert found.isoformat() == "2025-06-12T00:00:00+08:00"
