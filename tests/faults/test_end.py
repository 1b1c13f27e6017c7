"""Row N4: answers whose end is only that the connection closes, which may have come too early."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]


def until_it_closes(wire: Wire, body: str, *lines: str) -> None:
    """Answer as servers of HTTP/1.0 do, which say by closing that this is all."""
    wire.head(200, 'ETag: "1"', "Last-Modified: Tue, 28 Apr 2026 10:00:00 GMT", *lines)
    wire.write(body.encode())


@pytest.mark.parametrize("more", [(), ("Content-Encoding: identity",)], ids=["plain", "identity"])
@pytest.mark.parametrize("cut", ["<li><a", "<style>a {color: red}", "<script>x = [1, 2]"])
def test_n4_half_a_page_is_none_wherever_it_was_cut(
    desk: Desk, newsroom: Chaos, listing: Page, cut: str, more: tuple[str, ...]
) -> None:
    half = listing(3, 2, 1).partition("</ul>")[0] + cut
    newsroom.routes["/list"] = lambda wire: until_it_closes(wire, half, *more)
    ended = desk.outcome("bad")
    assert (ended.outcome, desk.count("bad")) == ("failed", 0)
    assert "cut off" in ended.reason


def test_n4_what_may_have_been_cut_is_read_and_asked_for_again_without_conditions(
    desk: Desk, newsroom: Chaos, listing: Page
) -> None:
    """A page without its outer tags does not say where it ends; the server would confirm its ETag for ever."""
    rows = listing(5, 4, 3, 2, 1).partition("<ul>")[2].partition("</ul>")[0]
    said = [rows[: rows.index("</li>", rows.index("/r/3.htm")) + 5], rows]

    def answer(wire: Wire) -> None:
        if "if-none-match" in wire.asked.headers or "if-modified-since" in wire.asked.headers:
            wire.page("", 304)
        else:
            until_it_closes(wire, said[min(len(newsroom.times("/list")), 2) - 1])

    newsroom.routes["/list"] = answer
    assert [desk.outcome("bad").new for _ in range(3)] == [3, 2, 0]


def test_n4_json_that_ends_in_its_middle_is_none(desk: Desk, newsroom: Chaos) -> None:
    rules = (
        'title = "Chaos"\nkind = "json"\nlanguage = "en"\nallow-private = true\ndelay = 0\n[listing]\nurl = "{url}"\n'
        'fields = {{ items = "rows", url = "url", title = "title" }}\n[release]\ntitle = "h1"\nbody = "div.body"\n'
    )
    desk.source("bad", newsroom.url("/json"), rules=rules)
    rows = [{"title": f"Release number {n} of the department", "url": f"/r/{n}.htm"} for n in (3, 2, 1)]
    half = json.dumps({"rows": rows}).removesuffix("]}")
    newsroom.routes["/json"] = lambda wire: until_it_closes(wire, half)
    ended = desk.outcome("bad")
    assert (ended.outcome, desk.count("bad")) == ("failed", 0)
    assert "cut off" in ended.reason
    newsroom.routes["/json"] = lambda wire: until_it_closes(wire, half + "]}")
    assert desk.outcome("bad").new == 3
