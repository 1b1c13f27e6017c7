"""Row X7: no pattern of a source can take exponential time, and those that sources have are taken."""

from __future__ import annotations

import pytest

from crawler.source_file import bounded

SLOW = (
    *("(a+)+b", "((a+)b?)+c", "(a|a)*b", "(a*)*b", "(?:a?)*b", "(x+x+)+y", r"(?:\w+\s?)*$", "(?:,a*a*)*!", "(.*a){25}"),
    *(
        "(?:.*)+x",
        "([a-z]+)*!",
        "(?:a{1,40}){1,40}b",
        "(?=(a+)+b)",
        "(?:[ab]|bc?)+c",
        "(?>a+)+b",
        "(?i)(?:(?:a|ab)(?:b|))*c",
    ),
    *("((a(([^a])*?)?)+)?b", r"(.)\1", "(?P<x>a)(?P=x)", "(?x) (a+) + b", "(?x) (a+) # one \n + b", "((a|b)?(b|c)?)*d"),
)
QUICK = (
    *(r"P\d{8}\d{4,5}", r"/\d{4}/(?:[\w-]+/)*(\d+)\.htm", "(?:ab|cd?)+", "(?:a|ab)*c", r"(\d{4})+x", "(?:[^/]+/){3}"),
    *(
        "^(https?://[^/]+)?/",
        "(?:é|É)+",
        "(?:(?:ab)+c)*",
        "(?:,[a-z]+)*$",
        "(?i)/news/(?:a-|b-)*end",
        r"\(a+\)+",
        "(?:)",
    ),
)


@pytest.mark.parametrize("pattern", SLOW)
def test_x7_a_pattern_that_can_take_exponential_time_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="repeats inside itself"):
        bounded(pattern)


@pytest.mark.parametrize("pattern", QUICK)
def test_x7_a_pattern_that_goes_one_way_is_taken_and_gives_up_at_once(pattern: str) -> None:
    found = bounded(pattern)
    assert found.pattern == pattern
    found.search("/" * 20 + "a-" * 500 + "ab" * 500)
