"""What web servers in front of the files are told of topics that moved or are retired."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["bucket_rules", "caddy_rules", "nginx_rules"]

_BELOW = "^/(feeds/(?:archive/)?|topics/)"
_GONE = "This topic has been retired: its feeds are gone for good."
_NONE = "# none: publish.moved and publish.retired of baywire.toml were empty"


def nginx_rules(moved: Mapping[str, str], retired: Sequence[str]) -> str:
    """Return what a server block says of the topics *moved*, old to new, and *retired*.

    A retired topic whose last entry is still there is served; then it is answered 410.

    >>> print(nginx_rules({"old": "ai"}, []))
    rewrite "^/(feeds/(?:archive/)?|topics/)old([./].*)?$" /$1ai$2 permanent;
    """
    lines = _moves(moved)
    if retired:
        lines += [
            'set $retired "";',
            f'if ($uri ~ "{_any(retired)}") {{ set $retired yes; }}',
            'if (-f $request_filename) { set $retired ""; }',
            "if ($retired) { rewrite ^ /.retired last; }",
            f'location = /.retired {{ internal; default_type text/plain; return 410 "{_GONE}\\n"; }}',
        ]
    return "\n".join(lines or [_NONE])


def bucket_rules(moved: Mapping[str, str], retired: Sequence[str]) -> str:
    """Return the same for nginx before a bucket: it asks there for the last entry of a topic that is *retired*.

    >>> print(bucket_rules({"old": "ai"}, []))
    rewrite "^/(feeds/(?:archive/)?|topics/)old([./].*)?$" /$1ai$2 permanent;
    """
    lines = _moves(moved)
    if retired:
        lines += [
            f'location ~ "{_any(retired)}" {{',
            "    proxy_pass http://objects/feeds/public$uri;",
            "    error_page 403 404 = @retired;",
            "    add_header X-Content-Type-Options nosniff always;",
            "    add_header Access-Control-Allow-Origin * always;",
            "}",
            f'location @retired {{ default_type "text/plain; charset=utf-8"; return 410 "{_GONE}\\n"; }}',
        ]
    return "\n".join(lines or [_NONE])


def caddy_rules(moved: Mapping[str, str], retired: Sequence[str]) -> str:
    """Return what a block of a Caddyfile says of the topics *moved*, old to new, and *retired*.

    >>> print(caddy_rules({"old": "ai"}, []))
    @moved1 path_regexp moved1 ^/(feeds/(?:archive/)?|topics/)old([./].*)?$
    redir @moved1 /{re.moved1.1}ai{re.moved1.2} 301
    """
    lines = []
    for number, (old, new) in enumerate(sorted(moved.items()), 1):
        lines.append(f"@moved{number} path_regexp moved{number} {_BELOW}{re.escape(old)}([./].*)?$")
        lines.append(f"redir @moved{number} /{{re.moved{number}.1}}{new}{{re.moved{number}.2}} 301")
    if retired:
        lines += ["@gone {", f"\tpath_regexp {_any(retired)}", "\tnot file", "}"]
        lines += ['header @gone Content-Type "text/plain; charset=utf-8"', f'respond @gone "{_GONE}" 410']
    return "\n".join(lines or [_NONE])


def _moves(moved: Mapping[str, str]) -> list[str]:
    return [f'rewrite "{_BELOW}{re.escape(old)}([./].*)?$" /$1{new}$2 permanent;' for old, new in sorted(moved.items())]


def _any(topics: Sequence[str]) -> str:
    return f"{_BELOW}(?:{'|'.join(map(re.escape, sorted(topics)))})(?:[./]|$)"
