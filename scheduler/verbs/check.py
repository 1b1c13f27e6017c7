"""``baywire check``: whether what an operator wrote is right."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["check"]


@click.command()
@click.pass_obj
def check(session: Session) -> int:
    """Validate the configuration, the sources and the topics; touch neither network nor store."""
    from scheduler.desk import load_rules
    from scheduler.outlet import site_of

    config = session.config
    sources, topics = load_rules(config)
    site_of(config)
    if session.json:
        session.emit({"kind": "check", "sources": len(sources), "topics": len(topics.topics), "problems": []})
    else:
        session.say(f"configuration: {config.file or 'defaults'}")
        session.say(f"store: {config.store.shown}")
        session.say(f"{len(sources)} sources, {len(topics.topics)} topics, {len(config.feeds)} combinations: all right")
    return 0
