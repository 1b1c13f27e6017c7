"""Pages without the tags that HTML lets a writer leave out, as minifiers write them."""

from __future__ import annotations

import pytest

from crawler.extract import read_listing, read_release

TITLES = (
    "Secretary opens robotics centre in Sha Tin",
    "Harbour tunnel tolls adjusted from Sunday",
    "Grants awarded to 14 research teams",
    "Marine notice on dredging works",
)
TEXT = "".join(
    f"<p>{one}: the Office said that the plan would go on as announced, with more to come.</p>" for one in TITLES
)


@pytest.mark.parametrize("tag", ["main", "article", "section", "header", "x-app"])
def test_a_page_without_a_body_tag_is_read(tag: str) -> None:
    rows = "".join(
        f"<li><time datetime=2026-05-{28 - n}></time><a href=/n/{n}>{title}</a>" for n, title in enumerate(TITLES)
    )
    page = f"<!doctype html><title>News</title><meta name=x content=y><{tag}><ul>{rows}</ul></{tag}><script>1</script>"
    listing = read_listing(page, "https://a.example/n")
    assert [(item.title, item.date) for item in listing.items] == [
        (title, f"2026-05-{28 - n}") for n, title in enumerate(TITLES)
    ]
    page = f"<!doctype html><title>Tolls change</title><{tag}><h1>Tolls change</h1>{TEXT}</{tag}><p>© 2026 Office"
    release = read_release(page, "https://a.example/n/1")
    assert release.title == "Tolls change"
    assert release.text.startswith(TITLES[0])
