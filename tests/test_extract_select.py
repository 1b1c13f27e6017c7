"""What a selector finds without XPath is what it finds by XPath."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.select import selector
from crawler.normalise.tree import read_html

NAMES = ["a", "A", "a-b", "ab", "-a", "á", "b"]
CLASSES = [*NAMES, "a b", " a", "b\ta", "a\nb", "a\u00a0b", "a\x0cb", "", "aa a", "ab-a"]
TAGS = ["p", "div", "a", "P", "h1", "o:p", "body"]
elements = st.builds(
    "<{} {}='{}' {}>{}".format,
    st.sampled_from(TAGS),
    st.sampled_from(["class", "CLASS", "id", "data-x"]),
    st.sampled_from(CLASSES),
    st.sampled_from(["", "href", "href=''", "Data-X=1"]),
    st.sampled_from(["", "x", "</p>", "</div>", "</a>", "<!-- c -->", "<br>"]),
)
pages = st.lists(elements, max_size=12).map("".join)
selectors = st.builds(
    "{}{}{}".format,
    st.sampled_from(["p", "div", "a", "P", "h1", "body", "html"]),
    st.lists(st.sampled_from([".a", ".A", ".ab", ".a-b", ".b", ".-a"]), max_size=2).map("".join),
    st.lists(st.sampled_from(["[href]", "[data-x]", "[Class]"]), max_size=2).map("".join),
)


@settings(deadline=None)
@given(pages, selectors)
def test_what_is_found_without_xpath_is_what_xpath_finds(page: str, css: str) -> None:
    root, asked = read_html(page), selector(css)
    assert asked.plain is not None
    for start in (root, *root.iter("div")):
        expected = asked.path(start)
        assert asked.elements(start) == expected
        assert asked.first(start) is (expected[0] if expected else None)


@pytest.mark.parametrize(
    "css", ["*", "p a", "p > a", "#x", "p#x", "p.a:first-child", "p, a", "a[href='x']", "p.á", ".a"]
)
def test_whatever_says_more_is_left_to_xpath(css: str) -> None:
    assert selector(css).plain is None


def test_the_first_string_is_the_first_that_is_not_empty() -> None:
    page = read_html("<h1> </h1><h1>One <b>two</b></h1><h1>three</h1><a class=x></a><a class=x href=y>")
    assert selector("h1").string(page) == "One two"
    assert selector("a.x::attr(href)").string(page) == "y"
