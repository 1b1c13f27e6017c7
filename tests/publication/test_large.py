"""A store that is too large to look at every page each time still shows what changed, and mends what is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import feeds.publish
from feeds.release import Draft, Translation

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds.publish, "_SMALL", 0)


def test_only_the_page_of_what_is_new_is_looked_at(press: Press, draft: Draw) -> None:
    press.put(*(draft(number) for number in range(1, 9)))
    press.publish()
    press.put(draft(20))
    written = [path for path in press.publish().written if path.startswith("releases/")]
    assert written == ["releases/harbour-en/R0020/index.html"]


def test_the_other_end_of_a_translation_is_looked_at_too(press: Press, draft: Draw) -> None:
    chinese = "https://harbour.example/zh/1.htm"
    press.put(draft(1, translations=(Translation(language="zh-Hant", url=chinese),)))
    press.publish()
    assert chinese in press.read("releases/harbour-en/R0001/index.html").decode()
    press.put(draft(1, source="harbour-zh", url=chinese, native_id="C1", language="zh-Hant", title="中文"))
    press.publish()
    assert 'href="/releases/harbour-zh/C1/"' in press.read("releases/harbour-en/R0001/index.html").decode()


def test_a_lost_folder_and_new_settings_bring_every_page_back(press: Press, draft: Draw) -> None:
    press.put(*(draft(number) for number in range(1, 5)))
    press.publish()
    before = {path: body for path, (body, _) in press.files().items()}
    shutil.rmtree(press.directory)
    press.publish()
    assert {path: body for path, (body, _) in press.files().items()} == before
    press.site = replace(press.site, title="Other")
    assert len([path for path in press.publish().written if path.startswith("releases/")]) == 4


def test_a_page_that_was_lost_alone_is_back_within_a_day(press: Press, draft: Draw) -> None:
    press.put(*(draft(number) for number in range(1, 5)))
    press.publish()
    page = press.directory / "releases/harbour-en/R0003/index.html"
    page.unlink()
    press.now += timedelta(hours=25)
    assert press.publish().written == ("releases/harbour-en/R0003/index.html",)
