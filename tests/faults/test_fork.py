"""Row K5, before the child: the kernel that gives no process for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig

# What the interpreter of the zygote loads first: no process can be had while the file is there.
REFUSES = """\
import os
_fork = os.fork
def fork():
    if os.path.exists({flag!r}):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return _fork()
os.fork = fork
"""


@pytest.mark.soak
def test_k5_a_crawl_that_gets_no_process_is_tried_again_soon_and_no_failure_of_its_source(rig: Rig) -> None:
    before, flag = rig.folder / "before", rig.folder / "no-process"
    before.mkdir()
    (before / "sitecustomize.py").write_text(REFUSES.format(flag=str(flag)), encoding="utf-8")
    running = rig.start(PYTHONPATH=str(before)).serving()
    rig.until(lambda: len(rig.feed()) == 3, "the first publication")
    flag.touch()
    feeds = rig.pictures()
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or "no process for the batch" in running.log, "a cycle that gets no process")
    assert rig.state() == "healthy"
    assert rig.pictures() == feeds
    flag.unlink()
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    assert rig.state() == "healthy"
    assert running.process.poll() is None
    assert "the crawl child died" not in running.log
    assert "Traceback" not in running.log
    assert running.stop() == 0
