"""``baywire preview``: what a crawl would make of a source or a page; stores nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scheduler.session import Session
from scheduler.verbs.value import Number

if TYPE_CHECKING:
    from scheduler.preview import Kind

__all__ = ["preview"]


@click.command()
@click.argument("what", metavar="SOURCE|URL", required=False)
@click.option("--html", "saved", type=click.Path(path_type=Path), help="Read this saved page instead of fetching.")
@click.option("--url", help="Where the saved page comes from.")
@click.option("--kind", type=click.Choice(["listing", "release"]), help="What the saved page is.")
@click.option("--explain", is_flag=True, help="Say which rule gave each field, and the evidence of tags.")
@click.option("--limit", type=Number(0, 50), default=3, show_default=True, help="How many releases of a listing.")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def preview(  # noqa: PLR0913  # one parameter an option
    session: Session,
    *,
    what: str | None,
    saved: Path | None,
    url: str | None,
    kind: Kind | None,
    explain: bool,
    limit: int,
    replay: str | None,
) -> int:
    """Fetch, read, normalise and tag SOURCE or the page at URL; store nothing."""
    from feeds.error import SourceError, did_you_mean
    from scheduler.desk import load_rules, now_utc
    from scheduler.preview import Page, Preview, require_address
    from scheduler.show import print_line

    if (what is None) == (saved is None) or (saved is not None and url is None):
        raise click.UsageError("expected a source, an address, or --html FILE with --url URL")
    sources, topics = load_rules(session.config)
    how = Preview(
        sources=sources,
        topics=topics,
        now=now_utc(),
        replay=replay and str(session.folder(replay, holding="index.tsv")),
        contact=session.config.crawl.contact,
        limit=limit,
        explain=explain,
    )
    if saved is None:
        session.wait(f"asking {what}")
    if saved is not None and url is not None:
        lines = how.of_page(Page.of(require_address(url), session.read(saved)), kind)
    elif what is not None and what in sources:
        lines = how.of_source(sources[what])
    elif what is not None and "/" not in what:
        raise click.UsageError(f"{what}: is neither a source nor an address{did_you_mean(what, tuple(sources))}")
    else:
        lines = how.of_url(require_address(str(what)))
    try:
        for line in lines:
            print_line(session, line)
    except SourceError as error:
        session.complain(str(error))
        return 1
    return 0
