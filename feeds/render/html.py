"""The HTML twins: pages a person sees, of the same entries as the feeds; no script, nothing fetched from others."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from feeds.render.model import Entry, instant
from feeds.render.qr import qr_svg
from feeds.render.words import words
from feeds.site import Site, slug

__all__ = ["ASSETS", "VERSION", "item", "page", "root_of"]

# Goes up when a template or the sheet changes what a fragment or a page looks like.
VERSION = 12

_FOLDER = Path(__file__).with_name("templates")
ASSETS = {name: _FOLDER / name for name in ("style.css", "icon.svg", "icon.png")}


def root_of(site: Site) -> str:
    """Return the path of the site on its host: pages link within it whatever host they are seen at.

    >>> root_of(Site(base_url="https://news.example/feeds/"))
    '/feeds/'
    """
    return urlsplit(site.base_url).path or "/"


def item(entry: Entry, site: Site) -> bytes:
    """Return *entry* as one `<article>` of a list."""
    say = words(entry.language)
    made = _template("item.html").render(
        entry=entry,
        say=say,
        root=root_of(site),
        page=urlsplit(str(entry.more["page"])).path,
        published=instant(entry.published),
        when=say.stated(entry.published),
        host=(urlsplit(entry.url).hostname or entry.url).removeprefix("www."),
    )
    return made.encode()


def page(  # noqa: PLR0913 -- what every page has, then what its template asks for
    template: str,
    *,
    site: Site,
    language: str,
    path: str,
    title: str,
    about: str,
    **told: Any,  # noqa: ANN401 -- what each template asks for
) -> bytes:
    """Return the page that *template* makes, which lives at *path* below *site* and speaks *language*."""
    shared: dict[str, Any] = {"autodiscovery": (), "others": (), "canonical": site.url(path)}
    shared |= {"site": site, "root": root_of(site), "say": words(language), "title": title, "about": about}
    shared["nav"] = _navigation(site, language, path)
    return _template(template).render(**(shared | told)).encode()


def _navigation(site: Site, language: str, here: str) -> list[dict[str, object]]:
    """Return what every page in *language* leads to; *here* is the path of the page itself."""
    say = words(language)
    root = root_of(site)
    places = (
        (say.topics, "topics/"),
        (say.sources, "sources/"),
        (say.corrections, "corrections/"),
        (say.search, "search"),
        (say.subscribe, "subscribe/" if language == "en" else f"subscribe/{slug(language)}/"),
    )
    return [{"name": name, "url": root + path, "here": path == here} for name, path in places]


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["qr"] = qr_svg
    return made
