"""Bytes never reach lxml: only text that our decoder made does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from crawler.normalise import decode
from crawler.normalise.tree import read_html, read_xml

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawler", "feeds", "scheduler")
# What makes a tree of what it is given; each takes text from us, and only where a comment or a type says so.
PARSERS = frozenset(
    ["fromstring", "document_fromstring", "fragment_fromstring", "fragments_fromstring", "parse", "HTML", "XML", "feed"]
)
# The only files that may call them, and none of these knows the word bytes.
HOMES = ("crawler/normalise/tree.py",)


def calls(path: Path) -> list[str]:
    """Return the calls in *path* that hand something to lxml's parsers."""
    tree = ast.parse(path.read_text("utf-8"))
    lxml_names = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if "lxml" in (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name)
    }
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in PARSERS
        and ast.unparse(node.func).split(".")[0] in lxml_names
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_response_bytes_are_never_handed_to_a_parser(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text("utf-8")
        for parser in ("fromstring", "HTML", "XML", "read_html", "read_xml"):
            assert f"{parser}(response.body" not in text, path
            assert f"{parser}(body)" not in text or str(path).endswith("tree.py"), path


def test_trees_are_made_in_few_places_and_from_text() -> None:
    found = {
        call.split(":")[0] for package in PACKAGES for path in (ROOT / package).rglob("*.py") for call in calls(path)
    }
    assert found <= set(HOMES)
    for home in found:
        tree = ast.parse((ROOT / home).read_text("utf-8"))
        taken = [
            ast.unparse(argument.annotation)
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            for argument in (*node.args.args, *node.args.kwonlyargs)
            if argument.annotation is not None
        ]
        assert taken, home
        assert not [name for name in taken if re.search(r"\b(bytes|bytearray|memoryview|BytesIO)\b", name)], home
    for read in (read_html, read_xml):
        with pytest.raises(TypeError, match="expected text that went through decode"):
            read(b"<p>x</p>")  # type: ignore[arg-type]


@pytest.mark.parametrize("label", ["gb2312", "big5", "utf-8", "iso-8859-1", ""])
def test_a_page_that_lies_about_itself_keeps_its_links(label: str) -> None:
    page = f'<meta charset="{label}"><ul><li><a href="/a">镕基鎔基㐂</a></li><li><a href="/b">数字政策</a></li></ul>'
    tree = read_html(decode(page.encode("gb18030")).text)
    assert [link.text for link in tree.iter("a")] == ["镕基鎔基㐂", "数字政策"]


def test_declarations_inside_text_are_not_followed() -> None:
    assert read_xml('<?xml version="1.0" encoding="big5"?><rss><title>簡報</title></rss>').findtext("title") == "簡報"
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>'
    assert (read_xml(bomb).text or "") in {"", "&b;"}
    assert read_html('<?xml version="1.0" encoding="utf-16"?><p>簡報</p>').findtext(".//p") == "簡報"
    assert "".join(read_html("a</div>b\x00\ud800<p>c").itertext()) == "ab\ufffd\ufffdc"


@pytest.mark.parametrize("depth", [600, 5000])
def test_depth_takes_no_text_away(depth: int) -> None:
    deep = "<div>" * depth + "x" + "</div>" * depth + "y"
    assert "".join("".join(read_html(deep).itertext()).split()) == "xy"


def test_thousands_of_attributes_take_no_text_away() -> None:
    many = "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">text<a href=/x>link</a>"
    tree = read_html(many)
    assert "".join(tree.itertext()) == "textlink"
    picture = f'<img src="data:image/png;base64,{"A" * 90_000}" alt="x"><a href=/y>y</a>'
    assert [len(image.attrib) for image in read_html(picture).iter("img")] == [2]


@pytest.mark.parametrize("page", ["", "<!--<html>-->", "<html", "<!DOCTYPE html>", "<html><frameset>", "&#0;"])
def test_a_page_of_nothing_is_an_empty_page(page: str) -> None:
    assert read_html(page).find("body") is not None or page == "<html><frameset>"
