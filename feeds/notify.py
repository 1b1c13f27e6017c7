"""Notifying: tell a WebSub hub and webhooks which feeds changed; coalesced, retried, never in the way of publishing.

What is to be told is kept in the store, so that nothing is lost when the process dies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Delivery", "Hook", "Notifier", "Post", "plain_address", "post_json", "signature_of"]

log = logging.getLogger(__name__)

_KEY = "notify"
_TIMEOUT_S = 10.0
_AT_ONCE = 50  # feeds in one request
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))  # then it is given up
_MOST = 5000  # feeds waiting for one target: what is more is told by the feed itself

# Sends a body with headers to an address; returns the status. Raises OSError.
Post = Callable[[str, bytes, Mapping[str, str]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook: where to, and the *secret* its receiver knows us by, "" for none."""

    url: str
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one request: *feeds* told to *target*; *problem* is empty where it went well."""

    target: str
    feeds: tuple[str, ...]
    problem: str = ""
    given_up: bool = False


class Notifier:
    """Keeps what is to be told in *store* and delivers it."""

    def __init__(self, store: Store, *, hub: str = "", hooks: Sequence[Hook] = (), post: Post | None = None) -> None:
        """Tell *hub* and *hooks* through *post*."""
        self._store = store
        self._hub = hub
        self._hooks = {hook.url: hook for hook in hooks}
        self._post = post or _send

    def queue(self, feeds: Iterable[str], *, now: datetime) -> None:
        """Remember that *feeds* (their addresses) changed; a feed that waits already waits once."""
        changed = list(dict.fromkeys(feeds))
        targets = [target for target in (self._hub, *self._hooks) if target]
        if not changed or not targets:
            return
        waiting = self._read()
        for target in targets:
            known = waiting.setdefault(target, {"feeds": [], "tries": 0, "next": now.isoformat()})
            known["feeds"] = list(dict.fromkeys([*known["feeds"], *changed]))[-_MOST:]
        self._write(waiting)

    def deliver(self, *, now: datetime) -> tuple[Delivery, ...]:
        """Tell what is due, and return what became of it; what failed is tried again later, six times in a day."""
        waiting = self._read()
        done: list[Delivery] = []
        for target, told in list(waiting.items()):
            if target != self._hub and target not in self._hooks:
                del waiting[target]  # the operator took it out
            elif datetime.fromisoformat(told["next"]) <= now:
                done += self._deliver(target, told, waiting, now)
        if done or waiting != self._read():
            self._write(waiting)
        return tuple(done)

    def next_due(self) -> datetime | None:
        """Return when something is to be delivered, None when nothing waits."""
        return min((datetime.fromisoformat(told["next"]) for told in self._read().values()), default=None)

    def _deliver(
        self, target: str, told: dict[str, Any], waiting: dict[str, dict[str, Any]], now: datetime
    ) -> list[Delivery]:
        done = []
        while told["feeds"]:
            some = tuple(told["feeds"][:_AT_ONCE])
            problem = self._tell(target, some, now)
            if problem:
                tries = told["tries"]
                given_up = tries >= len(_WAITS)
                done.append(Delivery(target=target, feeds=some, problem=problem, given_up=given_up))
                log.warning("not notified: %s", problem, extra={"target": _shown(target), "given_up": given_up})
                if given_up:
                    del waiting[target]
                else:
                    told |= {"tries": tries + 1, "next": (now + _WAITS[tries]).isoformat()}
                return done
            done.append(Delivery(target=target, feeds=some))
            told["feeds"] = told["feeds"][_AT_ONCE:]
        del waiting[target]
        return done

    def _tell(self, target: str, feeds: Sequence[str], now: datetime) -> str:
        """Send one request; return what went wrong."""
        if target == self._hub:
            # Every hub we know takes several hub.url at once; the specification leaves publishing to the two of them.
            body = urlencode([("hub.mode", "publish"), *(("hub.url", feed) for feed in feeds)]).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
        else:
            told = {"feeds": list(feeds), "sent": now.isoformat(timespec="seconds")}
            return post_json(self._hooks[target], told, self._post)
        return _problem(self._post, target, body, headers)

    def _read(self) -> dict[str, dict[str, Any]]:
        kept: dict[str, dict[str, Any]] = json.loads(self._store.meta(_KEY) or "{}")
        return kept

    def _write(self, waiting: Mapping[str, Any]) -> None:
        self._store.set_meta(_KEY, json.dumps(waiting))


def post_json(hook: Hook, value: Mapping[str, object], post: Post | None = None) -> str:
    """Send *value* to *hook* as JSON, signed where it has a secret; return what went wrong, "" where nothing did."""
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if hook.secret:
        headers["X-Hub-Signature-256"] = signature_of(hook.secret, body)
    return _problem(post or _send, hook.url, body, headers)


def _problem(post: Post, url: str, body: bytes, headers: Mapping[str, str]) -> str:
    try:
        status = post(url, body, headers)
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return "" if 200 <= status < 300 else f"answered {status}"


def signature_of(secret: str, body: bytes) -> str:
    """Return what a receiver compares to know that *body* is ours, as WebSub and GitHub write it.

    >>> signature_of("secret", b"{}")[:20]
    'sha256=77325902caca8'
    """
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def plain_address(url: str) -> tuple[str, dict[str, str]]:
    """Return *url* in ASCII and without a name and password, and the header that carries these instead.

    urllib takes them for a part of the host: it asks the resolver for them, and names them in its errors.

    >>> plain_address("https://desk:s%40cret@ping.example:8443/é?a=1")
    ('https://ping.example:8443/%C3%A9?a=1', {'Authorization': 'Basic ZGVzazpzQGNyZXQ='})
    >>> plain_address("https://bücher.example/")
    ('https://xn--bcher-kva.example/', {})
    """
    parts = urlsplit(url)
    name, _, place = parts.netloc.rpartition("@")
    if not place.isascii():
        place = place.encode("idna").decode("ascii")
    path, query = (quote(part, safe="%/:=&?~#+!$,;'@()*[]") for part in (parts.path, parts.query))
    headers = {"Authorization": f"Basic {base64.b64encode(unquote(name).encode()).decode()}"} if name else {}
    return urlunsplit((parts.scheme, place, path, query, "")), headers


class _NoRedirects(HTTPRedirectHandler):
    """A hub that moved must be configured anew: what is signed for one is not sent to another."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        """Follow nothing."""


def _send(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"{_shown(url)}: expected an http or https address")
    url, known = plain_address(url)
    headers = {"User-Agent": "baywire", **known, **headers}
    request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 -- above
    opener = build_opener(ProxyHandler({}), _NoRedirects())
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            answer.read(1024)
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except URLError as error:
        raise OSError(str(error.reason)) from error


def _shown(url: str) -> str:
    """Return *url* without what may be a secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path if len(parts.path) < 40 else ''}"
