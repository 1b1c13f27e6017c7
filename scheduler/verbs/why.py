"""``baywire why``: from which words a release belongs to a topic, or why it does not."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["why"]


@click.command()
@click.argument("release", metavar="ID")
@click.argument("topic", required=False)
@click.pass_obj
def why(session: Session, *, release: str, topic: str | None) -> int:
    """Print what each topic (or TOPIC alone) says of the release ID, and the words it says it from."""
    from feeds.error import ConfigError, did_you_mean
    from scheduler.desk import load_rules
    from scheduler.explain import print_tags
    from scheduler.reading import find_one, open_to_read

    _, topics = load_rules(session.config)
    keys = [one.key for one in topics.topics]
    if topic is not None and topic not in keys:
        raise ConfigError(f"{topic}: unknown topic{did_you_mean(topic, keys)}: see baywire topics")
    with open_to_read(session.config) as store:
        found = find_one(store, release)
    tags = topics.explain(title=found.title, text=found.text, language=found.language, source=found.source)
    print_tags(session, [tag for tag in tags if topic is None or tag.topic == topic], all_of_them=topic is not None)
    return 0
