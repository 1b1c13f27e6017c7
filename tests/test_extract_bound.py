"""Pages without end, and pages that are broken: read right or told, within limits that are said."""

from __future__ import annotations

import pytest

from crawler.extract import read_listing, read_release
from crawler.extract.block import blocks_of
from crawler.extract.bound import MOST_TAGS, bounded
from crawler.extract.vote import vote_on_body
from crawler.normalise.tree import read_html

URL = "https://www.example.gov.hk/news/1.html"
SENTENCE = "The department said that the new pier will open to the public next month. "
ROWS = "".join(
    f"<li><a href='/news/20{n}.html'>Department opens pier {n} to the public</a> {n} June 2026</li>"
    for n in range(28, 10, -1)
)


@pytest.mark.parametrize(
    "page",
    [
        "<h1>A title</h1>" + "".join(f"this is line {n} of the text<br>" for n in range(200_000)),
        "<h1>A title</h1>" + "".join(f"<p>{n}: {SENTENCE}</p>" for n in range(100_000)),
        "<h1>A title</h1><p>" + SENTENCE * 250_000,
        f"<h1>A title</h1><p>{SENTENCE * 9}</p>" + "<br>" * 400_000,
    ],
    ids=["lines", "paragraphs", "one text", "breaks"],
)
def test_of_a_page_without_end_the_beginning_is_read_and_the_rest_is_told(page: str) -> None:
    found = read_release(page, URL)
    assert found.title == "A title"
    assert 0 < len(found.text) <= 1_500_000
    assert "characters" in found.facts["left-out"]


def test_no_page_of_common_size_is_cut() -> None:
    page = f"<h1>A title</h1>{f'<p>{SENTENCE}</p>' * 1000}"
    assert "left-out" not in read_release(page, URL).facts
    script = f"<script>{'var a = 1;' * 200_000}</script>"
    found = read_release(f"{script}<h1>A title</h1><p>{SENTENCE * 9}</p>", URL)
    assert ("left-out" in found.facts, found.text) == (False, (SENTENCE * 9).strip())


def test_what_is_read_ends_between_two_tags() -> None:
    text, left = bounded("<p>x</p>" * 300_000)
    assert (text.count("<"), text.endswith(("<p>x", "</p>"))) == (MOST_TAGS, True)
    assert left == 300_000 * 8 - len(text)
    text, _ = bounded("a" * 1_499_990 + "<img src=" + "b" * 50)
    assert text.endswith("a")


def test_lines_behind_the_limit_are_none_of_the_body() -> None:
    root = read_html("<h1>A title</h1>" + "".join(f"{n}: {SENTENCE}<br>" for n in range(9000)))
    body = vote_on_body(root, "<" * 30_000, "A title")
    assert len(body.blocks) == len(body.taken) == len(blocks_of(root)) == 9001
    assert any(body.taken)
    assert not any(body.taken[5000:])


LISTS = {
    "five thousand nested tags": "<div><b>" * 2500 + f"<ul>{ROWS}</ul>",
    "two bases": f"<base href='http://['><base href='https://www.example.gov.hk/'><ul>{ROWS}</ul>",
    "addresses with newlines": f"<ul>{ROWS.replace('/news/', chr(10) + '/ne' + chr(10) + 'ws/')}</ul>",
    "scripts as addresses": f"<ul><li><a href='javascript:go(1)'>Opened by a script</a> 2 June 2026</li>{ROWS}</ul>",
    "no body": f"<html><ul>{ROWS}",
    "a text of two megabytes beside it": f"<ul>{ROWS}</ul><pre>{'x' * 2_000_000}</pre>",
    "a hundred thousand breaks": "<br>" * 100_000 + f"<ul>{ROWS}</ul>",
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_on_a_broken_page_is_read_right_or_said_to_be_none(kind: str) -> None:
    found = read_listing(LISTS[kind], URL)
    assert [item.url for item in found.items] == [
        f"https://www.example.gov.hk/news/20{n}.html" for n in range(28, 10, -1)
    ]
    assert [item.date for item in found.items] == [f"2026-06-{n}" for n in range(28, 10, -1)]


def test_days_that_are_no_days_are_left_out_and_not_guessed() -> None:
    found = read_listing(f"<ul>{ROWS.replace('2026', '2999')}</ul>", URL)
    assert {item.date for item in found.items} == {None}


def test_a_captcha_with_status_200_lists_nothing() -> None:
    page = (
        "<title>Verify you are human</title><p>Please complete the captcha.</p><a href='/help'>Help with this page</a>"
    )
    found = read_listing(page, URL)
    assert (found.items, bool(found.reason)) == ((), True)
