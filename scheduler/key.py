"""Every key of baywire.toml: its reader, its default, one line about it."""

from __future__ import annotations

from datetime import timedelta

from feeds.site import LANGUAGES
from scheduler.option import (
    Option,
    choices,
    read_address,
    read_addresses,
    read_authority,
    read_command,
    read_duration,
    read_flag,
    read_list,
    read_moves,
    read_number,
    read_photos,
    read_port,
    read_store,
    read_target,
    read_text,
)

__all__ = ["NEVER_PLAIN", "OPTIONS"]

_FORMATS = ("atom", "rss", "json")

OPTIONS = tuple(
    Option(key=key, read=read, default=default, about=about, secret=secret)
    for key, read, default, about, secret in (
        ("site.base-url", read_address, "http://127.0.0.1:8000/", "where readers find what is published", False),
        ("site.title", read_text, "baywire", "name of the whole", False),
        ("site.authority", read_authority, "", "name,year of the ids; never change it", False),
        ("site.photos", read_photos, True, 'whether entries show photographs, or "link" to them', False),
        ("site.languages", choices(*LANGUAGES, many=True), LANGUAGES, "languages that have feeds of their own", False),
        ("store.url", read_store, "sqlite:///var/baywire.sqlite3", "where releases are kept", True),
        ("store.password", read_text, "", "password of the role that store.url names", True),
        ("store.keep-pages", read_duration, timedelta(days=90), "how long pages as fetched are kept", False),
        ("publish.directory", read_text, "public", "where the published files go", False),
        ("publish.target", read_target, "", "s3://bucket/prefix to publish to, in place of the directory", False),
        ("publish.formats", choices(*_FORMATS, many=True), _FORMATS, "which formats each feed has", False),
        ("publish.brotli", read_flag, False, "whether feeds lie there as .br too, beside .gz", False),
        ("publish.retired", read_list, (), "topics whose feeds end: a last entry, then 410", False),
        ("publish.moved", read_moves, (), 'topics that have another key now, "old=new": 301', False),
        ("notify.hook", read_command, (), "command run when a source's state changes, JSON on stdin", False),
        ("notify.alert-webhooks", read_addresses, (), "addresses told what the hook is told, JSON by POST", False),
        ("notify.heartbeat-url", read_address, "", "address called after every healthy cycle", True),
        ("notify.hub", read_address, "", "WebSub hub told of changed feeds", False),
        ("notify.webhooks", read_addresses, (), "addresses told of changed feeds, JSON by POST", False),
        ("notify.webhook-secret", read_text, "", "key of the X-Hub-Signature-256 that webhooks get", True),
        ("serve.host", read_text, "127.0.0.1", "address the built-in server listens on", False),
        ("serve.port", read_port, 8000, "its port", False),
        ("serve.metrics-port", read_port, 0, "port of /metrics, on 127.0.0.1 only; 0: none", False),
        ("crawl.contact", read_text, "", "address or mailbox told to the sites we visit", False),
        ("crawl.delay", read_number, None, "seconds between two requests to one host; else as each source says", False),
        ("sources.use", read_list, (), "keys of the sources to use; empty: all", False),
        ("fleet.heartbeat", read_duration, timedelta(seconds=10), "how often a worker shows that it lives", False),
        ("log.format", choices("text", "json"), "text", "form of a line of log", False),
        ("log.level", choices("debug", "info", "warning", "error"), "info", "least level that is logged", False),
    )
)
NEVER_PLAIN = ("notify.webhook-secret", "store.password")  # these stand in a file of their own, or in the environment
