"""``baywire add``: from the address of a newsroom to a source."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["add"]


@click.command()
@click.argument("url")
@click.option(
    "--name", default="", help="Key of the source; it is part of ids and never changes [default: from the address]."
)
@click.option("--dry-run", is_flag=True, help="Show what is found; write nothing.")
@click.option("--allow-private", is_flag=True, help="The address may be private; written into the source's file.")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def add(  # noqa: PLR0913  # one parameter an option
    session: Session, *, url: str, name: str, dry_run: bool, allow_private: bool, replay: str | None
) -> int:
    """Find out how to read the newsroom at URL, show what is found, write the source.

    URL is the page that lists its releases, a feed, a JSON interface, or only near: its home page, one of its releases.
    """
    from feeds.error import SourceError
    from scheduler.add import check_key, find_out, write_source
    from scheduler.desk import load_rules, now_utc
    from scheduler.line import draft_line, listing_line
    from scheduler.order import Order
    from scheduler.perform import tell_daemon
    from scheduler.preview import require_address
    from scheduler.show import print_line

    session.make_directory()
    config, now = session.config, now_utc()
    sources, topics = load_rules(config)
    if name:
        check_key(name, sources)  # before the site is asked for six pages
    session.wait(f"asking {url}")
    try:
        found = find_out(
            require_address(url),
            name=name,
            replay=replay and str(session.folder(replay, holding="index.tsv")),
            contact=config.crawl.contact,
            allow_private=allow_private,
            now=now,
            tell=session.note,
        )
    except SourceError as error:
        private = " is not a public address" in str(error) and not allow_private
        session.complain(f"{error}{': where that is meant, type --allow-private too' if private else ''}")
        return 1
    print_line(session, listing_line(found.listing, url=found.source.listing.url))
    for draft in found.drafts:
        tags = topics.tag(title=draft.title, text=draft.text, language=draft.language, source=draft.source)
        print_line(session, draft_line(draft, tags))
    key = found.source.key
    check_key(key, sources)
    same = [one for one in sources.values() if one.listing.url == found.source.listing.url and one.view is None]
    notes = [*found.notes, *(f"{one.key} reads this list already" for one in same)]
    path = None if dry_run else write_source(config.directory / "sources.d", found.source, now=now)
    if path is not None:
        tell_daemon(config, Order(verb="reload"))
    if session.json:
        told = {"kind": "source", "source": key, "file": str(path) if path else None}
        session.emit({**told, "notes": notes})
    else:
        for note in notes:
            session.say()
            session.say(f"note: {note}")
        session.say()
        session.say(f"wrote {path}" if path else f"nothing written: without --dry-run it would be {key}.toml")
        session.note(
            f"next: baywire preview {key}, baywire crawl {key}" if path else "next: the same without --dry-run"
        )
    return 0
