from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.error import BaywireError, ConfigError
from scheduler.control import hand_over, listen
from scheduler.line import Line
from scheduler.order import Order

pytestmark = pytest.mark.enable_socket


async def perform(order: Order, tell: Callable[[Line], None]) -> int:
    if order.sources == ("wrong",):
        raise ConfigError("wrong: unknown source")
    for key in order.sources:
        tell({"kind": "crawl", "source": key, "title": "大灣區\n"})
    return len(order.sources)


def handed_over(var: Path, order: Order) -> tuple[int | None, list[Line]]:
    lines: list[Line] = []

    async def both() -> int | None:
        async with listen(var, perform):
            return await asyncio.to_thread(hand_over, var, order, lines.append)

    return asyncio.run(both()), lines


def test_an_order_handed_over_prints_the_same_lines_and_status(tmp_path: Path) -> None:
    status, lines = handed_over(tmp_path, Order(verb="crawl", sources=("a", "b")))
    assert status == 2
    assert lines == [{"kind": "crawl", "source": key, "title": "大灣區\n"} for key in ("a", "b")]


def test_what_is_wrong_with_an_order_comes_back_as_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="wrong: unknown source"):
        handed_over(tmp_path, Order(verb="crawl", sources=("wrong",)))


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    var = tmp_path / ("x" * 120)
    var.mkdir()
    assert handed_over(var, Order(verb="publish")) == (0, [])


def test_only_its_owner_may_speak(tmp_path: Path) -> None:
    async def look() -> int:
        async with listen(tmp_path, perform):
            return (tmp_path / "control").stat().st_mode

    assert stat.S_IMODE(asyncio.run(look())) == 0o600
    assert not (tmp_path / "control").exists()


def test_nobody_listening_is_none_and_a_dead_socket_is_replaced(tmp_path: Path) -> None:
    order = Order(verb="publish")
    assert hand_over(tmp_path, order, print) is None
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control"))
    assert hand_over(tmp_path, order, print) is None
    assert handed_over(tmp_path, order) == (0, [])


@pytest.mark.parametrize("raw", [b"\n", b"{}\n", b'{"verb": "exec"}\n', b'{"verb": "crawl", "shell": 1}\n', b"\xff\n"])
def test_nonsense_is_answered_and_harms_nobody(tmp_path: Path, raw: bytes) -> None:
    async def speak() -> bytes:
        async with listen(tmp_path, perform):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control"))
            writer.write(raw)
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return answer

    assert "error" in json.loads(asyncio.run(speak()))


def test_a_daemon_that_ends_before_it_answers_is_told(tmp_path: Path) -> None:
    async def end(_order: Order, _tell: Callable[[Line], None]) -> int:
        await asyncio.sleep(60)
        return 0

    async def both() -> None:
        async with listen(tmp_path, end):
            asking = asyncio.create_task(asyncio.to_thread(hand_over, tmp_path, Order(verb="publish"), print))
            await asyncio.sleep(0.3)
        await asking

    with pytest.raises(BaywireError, match="ended before it was done"):
        asyncio.run(both())
