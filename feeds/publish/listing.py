"""Lists of every feed there is: OPML for readers, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.edition import Edition
from feeds.render import json_feed
from feeds.render.fragment import join
from feeds.render.model import Feed
from feeds.render.opml import Group, Subscription, opml
from feeds.render.words import words
from feeds.site import MEDIA_TYPES, Site

__all__ = ["index_json", "index_opml"]


def index_opml(site: Site, plan: Sequence[Edition]) -> bytes:
    """Return every feed of *site*, grouped by topic and source, corrections and status at the end."""
    say = words("en")
    kinds = (
        (say.all, [one for one in plan if one.topic is None and one.source is None and not one.where]),
        (say.topics, [one for one in plan if one.topic is not None]),
        (say.combinations, [one for one in plan if one.where]),
        (say.sources, [one for one in plan if one.source is not None]),
    )
    groups = [Group(title, [_subscription(site, one) for one in some]) for title, some in kinds if some]
    notices = [
        Subscription(
            f"{say.corrections} · {site.title}",
            site.url("feeds/corrections.atom"),
            site.url("corrections/"),
            say.corrections_about,
        ),
        Subscription(f"{say.status} · {site.title}", site.url("status.atom"), site.url("status/"), say.status_about),
    ]
    return opml(site.title, [*groups, Group(site.title, notices)])


def index_json(site: Site, plan: Sequence[Edition]) -> bytes:
    """Return every feed of *site* as a JSON Feed of feeds: one item a feed, its formats in `_baywire`."""
    feed = Feed(
        id=site.tag("feeds"),
        title=f"{words('en').feeds} · {site.title}",
        about=words("en").all_about,
        address=site.url("feeds/index.json"),
        page=site.url(""),
        author=site.title,
        author_url=site.base_url,
        icon=site.url("icon.svg"),
        logo=site.url("icon.png"),
    )
    return join(json_feed.head(feed), (_item(site, one) for one in plan))


def _item(site: Site, edition: Edition) -> bytes:
    told = {
        "id": site.tag(edition.name),
        "url": site.url(edition.page),
        "title": edition.title,
        "content_text": edition.about,
        **({"language": edition.language} if edition.language else {}),
        "_baywire": {
            "topic": edition.topic,
            "source": edition.source,
            "where": edition.where or None,
            "feeds": [
                {"type": MEDIA_TYPES[form], "url": site.url(f"feeds/{edition.key}.{form}")} for form in site.formats
            ],
        },
    }
    return json_feed.dump(told)


def _subscription(site: Site, edition: Edition) -> Subscription:
    form = next(form for form in ("atom", "rss", "json") if form in site.formats)
    return Subscription(
        title=edition.title,
        address=site.url(f"feeds/{edition.key}.{form}"),
        page=site.url(edition.page),
        about=edition.about,
        language=edition.language,
        kind=form,
    )
