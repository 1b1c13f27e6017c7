"""The title of a page, where its headings, its head and the name of its site stand together."""

from __future__ import annotations

import pytest

from crawler.extract.title import title_of_page
from crawler.normalise.tree import read_html

NAME = '<meta property="og:site_name" content="The Harbour Office">'


def graph(text: str) -> str:
    return f'<meta property="og:title" content="{text}">'


PAGES = {
    "the name of a site before the title is no title": (
        f"<title>Harbour Notes: The new pier</title>{graph('The new pier')}<h1>Harbour Notes</h1><h1>Its cost</h1>",
        "The new pier",
    ),
    "a name longer than the title is no title": (
        (
            f"<title>A pier opens in spring - The Harbour Office of the North</title>{graph('A pier opens in spring')}"
            "<h1>The Harbour Office of the North</h1><h1>A pier opens in spring</h1>"
        ),
        "A pier opens in spring",
    ),
    "a short name in the head makes no name of the headline": (
        (
            f"<title>Which pier is the right one for which boat? Piers</title>{graph('Piers')}"
            "<h1>Which pier is the right one for which boat?</h1>"
        ),
        "Which pier is the right one for which boat?",
    ),
    "a section behind a bar goes where the head has the title without it": (
        f"<title>A pier opens | Opinion | Harbour</title>{graph('A pier opens')}<h1>A pier opens | Opinion</h1>",
        "A pier opens",
    ),
    "what stands behind a bar stays where nothing says otherwise": (
        "<title>Pier A | Pier B: a comparison</title><h1>Pier A | Pier B: a comparison</h1>",
        "Pier A | Pier B: a comparison",
    ),
    "the name of the site goes": (
        (
            f"{NAME}<title>A new pier opens – The Harbour Office - The Harbour Office</title>"
            "<h1>A new pier opens – The Harbour Office</h1>"
        ),
        "A new pier opens",
    ),
    "a line of the day in the heading goes": (
        (
            f"<title>A new pier opens in the north</title>{graph('A new pier opens in the north')}"
            "<h1>A new pier opens in the north <small>Posted on July 1, 2024 by admin</small></h1>"
        ),
        "A new pier opens in the north",
    ),
    "a heading that is one part of a title of names is the title": (
        (
            "<title>Harbour! News | harbour.test - The five best piers of the northern shore</title><h1>Reviews</h1>"
            "<h2>The five best piers of the northern shore</h2>"
        ),
        "The five best piers of the northern shore",
    ),
    "a section or a matter before the title goes where the head has the title without it": (
        (
            f"<title>Piers: a new one opens in the north | Harbour</title>{graph('A new pier opens in the north')}"
            "<h1>Blog: A new pier opens in the north</h1>"
        ),
        "A new pier opens in the north",
    ),
    "where it comes from and how many speak of it is no title": (
        (
            f"<title>A new pier opens in the north</title>{graph('A new pier opens in the north')}"
            "<h1>A new pier opens in the north (harbour.test) 87</h1>"
        ),
        "A new pier opens in the north",
    ),
    "a month behind a bar goes": (
        (
            f"<title>A new pier opens in the north</title>{graph('A new pier opens in the north')}<h1>Jo Doe</h1>"
            "<h2>A new pier opens in the north / Dec 2025</h2>"
        ),
        "A new pier opens in the north",
    ),
    "the name of a host is no title": (
        f"<title>A pier opens | harbour.test</title>{graph('A pier opens')}<h1>harbour.test</h1><h1>Its cost</h1>",
        "A pier opens",
    ),
    "a paragraph in a heading is no title": (
        (
            f"<title>The five best piers</title>{graph('The five best piers')}"
            f"<h1>{'We looked at piers of all kinds and asked who uses the best five. ' * 5}</h1>"
        ),
        "The five best piers",
    ),
    "a headline of its own before the text is the title, what the head calls it is not": (
        (
            f"<title>Pier guide | Harbour</title>{graph('Pier guide')}<h1>Finding the right pier for your boat</h1>"
            f"<p>{'It lies in the north. ' * 8}</p><h1>Select your location</h1>"
        ),
        "Finding the right pier for your boat",
    ),
    "a headline within the text is not": (
        (
            f"<title>On a harbour | Harbour</title>{graph('Why people love it here')}"
            f"<p>{'It lies in the north. ' * 8}</p><h1>But most people think of its boats and lights</h1>"
        ),
        "Why people love it here",
    ),
    "one word of the title is no title where there are other headings": (
        "<title>Your list of piers: a planning guide</title><h1>First steps</h1><h1>Piers</h1><h1>Style</h1>",
        "Your list of piers: a planning guide",
    ),
    "a heading in which the name behind the title stands is no title": (
        (
            "<title>The story of a pier - Chapter 1 - Jo Doe [Harbour Notes Online]</title>"
            "<h1>Harbour Notes Online beta</h1>"
        ),
        "The story of a pier",
    ),
    "a headline below the name of a section is the title where the head says the same": (
        (
            "<title>Old piers that open early may last longer</title><h1>Piers and Harbours Centre</h1>"
            "<h2>Tools</h2><h2>Old piers that open early may last longer</h2>"
        ),
        "Old piers that open early may last longer",
    ),
    "a heading like the name of the site alone is no title": (
        (
            f'<meta property="og:site_name" content="Harbour Update News">{graph("Pier 1.8 - The Big Update")}'
            "<title>Pier 1.8 - The Big Update - Harbour Update News</title><h1>Harbour News</h1>"
        ),
        "Pier 1.8 - The Big Update",
    ),
    "a heading that leads to the front page is the name of the site, and what is beside it in the head is the title": (
        (
            "<title>Harbour Notes &raquo; Blog Archive &raquo; What a pier costs</title>"
            "<h1><a href='https://harbour.test/'>Harbour Notes</a></h1><h2>What a pier costs</h2>"
        ),
        "What a pier costs",
    ),
    "a heading that leads to itself is the title": (
        (
            "<title>What a pier costs - Harbour Notes</title><h1>Harbour Notes</h1>"
            "<h1><a href='/2024/pier'>What a pier costs</a></h1>"
        ),
        "What a pier costs",
    ),
    "the name of the site goes with what is said of it": (
        (
            "<title>The fullest pier of the world : Harbour Notes | On the fall of the pier | Since 2005</title>"
            "<h1><a href='/index.php'>Harbour Notes</a></h1>"
        ),
        "The fullest pier of the world",
    ),
    "a name of one word stays where a title begins with it": (
        f"<title>Harbour opens a pier</title>{graph('Harbour opens a pier')}<h1><a href='/'>Harbour</a></h1>",
        "Harbour opens a pier",
    ),
    "a matter before the title, in an element of its own, goes where the head has the title without it": (
        (
            f"<title>A new pier opens in the north</title>{graph('A new pier opens in the north')}"
            "<h1><span>Harbours</span> A new pier opens in the north</h1>"
        ),
        "A new pier opens in the north",
    ),
    "a day before the title goes": (
        (
            "<title>Office - “A new pier opens in the north”</title><h1>Office</h1>"
            "<h1><span>27.01.2022</span>“A new pier opens in the north”</h1>"
        ),
        "“A new pier opens in the north”",
    ),
    "a second line behind the title goes where the head has the title without it": (
        (
            f"<title>A new pier opens!</title>{graph('A new pier opens!')}"
            "<h1>A new pier opens!<br><small>And why nobody came to see it</small></h1>"
        ),
        "A new pier opens!",
    ),
    "a matter that the head has too stays": (
        (
            f"<title>A new pier opens - News</title>{graph('Harbours: A new pier opens')}"
            "<h1><span>Harbours:</span> A new pier opens</h1>"
        ),
        "Harbours: A new pier opens",
    ),
    "a sign at the end of the title stays where a second line goes": (
        (
            f"<title>Moving a pier to C++</title>{graph('Moving a pier to C++')}"
            "<h1>Moving a pier to C++: <small>a report on four years of work</small></h1>"
        ),
        "Moving a pier to C++",
    ),
    "where the head knows only the site, the name of a section is no title": (
        f"{NAME}<title>The Harbour Office</title>{graph('The Harbour Office')}<h1>Posts</h1>",
        "The Harbour Office",
    ),
    "the host goes, however short the title beside it": (
        "<title>New pier | harbour.test</title>",
        "New pier",
    ),
    "a name like a host before the title stays": (
        "<title>Harbour.test - What a pier costs</title>",
        "Harbour.test - What a pier costs",
    ),
    "a word in an element of its own is no matter": (
        (
            f"<title>A pier in the north opens</title>{graph('A pier in the north opens')}"
            "<h1>Why <em>a pier</em> in the north opens</h1>"
        ),
        "Why a pier in the north opens",
    ),
    "a sum is no title": (
        (
            f"<title>A new pier opens in the north - Pier 5</title>{graph('A new pier opens in the north - Pier 5')}"
            "<h1>€5</h1><h1>€10</h1>"
        ),
        "A new pier opens in the north",
    ),
    "where the head knows only the site, its heading is the title": (
        f"{NAME}<title>The Harbour Office</title>{graph('The Harbour Office')}<h1>How we keep your data</h1>",
        "How we keep your data",
    ),
    "a title with a long name behind it ends where the heading of the second rank does": (
        (
            "<title>The union of piers: a portrait | The union of all piers of the north (UPN)</title>"
            "<h2>The union of piers: a portrait</h2>"
        ),
        "The union of piers: a portrait",
    ),
    "the sign of a link to the heading is no part of it": (
        "<title>Evolving a pier | Harbour</title><h1>Evolving a pier¶</h1>",
        "Evolving a pier",
    ),
}


@pytest.mark.parametrize("what", PAGES)
def test_the_title_is_what_the_text_is_called(what: str) -> None:
    markup, title = PAGES[what]
    assert title_of_page(read_html(markup))[0] == title
