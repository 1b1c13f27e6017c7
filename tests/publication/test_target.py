"""A target holds whole files or none, in the order of stages; what dies leaves what was there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feeds.error import PublishError
from feeds.publish.target import DirectoryTarget, Target


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return DirectoryTarget(tmp_path / "public")


@pytest.mark.parametrize("can_sync_all", [True, False])
def test_many_files_are_there_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_sync_all: bool) -> None:
    if not can_sync_all:
        monkeypatch.setattr("feeds.publish.target._syncfs", lambda: None)
    target = DirectoryTarget(tmp_path / "public")
    for number in range(20):
        target.write(f"feeds/{number}.atom", b"%d" % number)
    assert list(target.paths()) == []
    target.settle()
    assert [target.read(f"feeds/{number}.atom") for number in range(20)] == [b"%d" % number for number in range(20)]


def test_a_file_is_there_once_it_is_settled_and_not_before(target: Target) -> None:
    target.write("feeds/ai.atom", b"one")
    assert target.read("feeds/ai.atom") is None
    target.settle()
    assert target.read("feeds/ai.atom") == b"one"
    target.write("feeds/ai.atom", b"two")
    assert target.read("feeds/ai.atom") == b"one"


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_body_in_parts_is_the_file_of_all_of_them(
    target: Target, monkeypatch: pytest.MonkeyPatch, *, is_slow: bool
) -> None:
    if is_slow:  # a system may take less than it is given
        monkeypatch.setattr("os.writev", lambda descriptor, parts: os.write(descriptor, bytes(parts[0])[:3]))
    parts = [memoryview(b"<%d>" % number) for number in range(2500)]
    target.write("feeds/ai.atom", parts)
    target.settle()
    assert target.read("feeds/ai.atom") == b"".join(parts)


def test_what_was_written_and_never_settled_leaves_no_file_anybody_sees(target: Target) -> None:
    target.write("feeds/ai.atom", b"one")
    assert list(target.paths()) == []


def test_what_need_not_last_is_there_at_once(target: Target) -> None:
    target.write("releases/a/1/index.html", b"page", lasting=False)
    assert target.read("releases/a/1/index.html") == b"page"


def test_a_stamp_tells_an_edited_file_and_an_absent_one(target: Target, tmp_path: Path) -> None:
    target.write("a.txt", b"one")
    target.settle()
    stamp = target.stamp("a.txt")
    assert stamp == target.stamp("a.txt") != ""
    (tmp_path / "public/a.txt").write_bytes(b"onf")
    assert target.stamp("a.txt") != stamp
    assert target.stamp("b.txt") == ""


def test_removing_takes_the_empty_folder_too_and_twice_is_no_error(target: Target, tmp_path: Path) -> None:
    target.write("feeds/archive/ai/2026-01.atom", b"old")
    target.settle()
    for _ in range(2):
        target.remove("feeds/archive/ai/2026-01.atom")
    assert not (tmp_path / "public/feeds/archive/ai").exists()
    target.write("feeds/archive/ai/2026-02.atom", b"new")
    target.settle()
    assert list(target.paths("feeds/archive/")) == ["feeds/archive/ai/2026-02.atom"]


def test_a_place_that_cannot_be_written_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(PublishError, match=r"public/feeds/a\.atom: .*: expected a folder we may write in"):
        DirectoryTarget(tmp_path / "public").write("feeds/a.atom", b"")


def test_pages_that_were_written_are_not_remembered(target: Target) -> None:
    for number in range(100):
        target.write(f"releases/a/{number}/index.html", b"page", lasting=False)
    assert [kept for kept in vars(target).values() if isinstance(kept, set | dict) and kept] == []


def test_each_of_two_places_has_a_name_of_its_own(tmp_path: Path) -> None:
    assert DirectoryTarget(tmp_path / "a").name != DirectoryTarget(tmp_path / "b").name
