"""What `init` writes to run baywire on a machine is closed as far as it goes, and says what becomes of its log."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from scheduler.start import starter_files

CLOSED = {
    "Type": "notify",
    "KillMode": "mixed",
    "Restart": "on-failure",
    "DynamicUser": "yes",
    "StateDirectory": "baywire",
    "UMask": "0027",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures": "native",
    "IPAddressDeny": "link-local multicast",
    **dict.fromkeys(
        [
            *("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables"),
            *("ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname"),
            *("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality"),
            "MemoryDenyWriteExecute",
        ],
        "yes",
    ),
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return starter_files(Path("/var/lib/baywire"))


def test_the_unit_keeps_every_door_shut_that_it_can(files: dict[str, str]) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    for line in files["baywire.service"].splitlines():
        name, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            said[name].append(value)
    assert {name: said[name][0] for name in CLOSED if name in said} == CLOSED
    assert said["SystemCallFilter"][:2] == ["@system-service", "~@privileged @resources"]
    assert float(said["WatchdogSec"][0]) <= 120
    assert said["StartLimitBurst"] == ["5"]
    for limit in ("MemoryMax", "TasksMax", "LimitNOFILE"):
        assert said[limit], limit
    assert float(said["TimeoutStopSec"][0]) > 30, "it drains for 30 seconds"
    assert "time-sync.target" in said["After"][0]


def test_the_unit_leaves_little_open(files: dict[str, str], tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    told = analyze and subprocess.run([analyze, "--help"], capture_output=True, text=True, check=False).stdout
    if not analyze or "--offline" not in str(told) or "--threshold" not in str(told):
        pytest.skip("needs systemd 250 or newer")
    unit = tmp_path / "baywire.service"
    unit.write_text(files["baywire.service"], encoding="utf-8")
    how = ("security", "--offline=true", "--threshold=20", "--no-pager")
    done = subprocess.run([analyze, *how, str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_said_what_becomes_of_the_log(files: dict[str, str]) -> None:
    for word in ("journalctl -u baywire", "SystemMaxUse=", "logrotate", "copytruncate"):
        assert word in files["baywire.service"]
    assert "max-size" in files["compose.yaml"]
    assert "max-file" in files["compose.yaml"]


@pytest.mark.parametrize("line", ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "init: true"])
def test_the_container_is_closed(files: dict[str, str], line: str) -> None:
    assert line in files["compose.yaml"]
    assert "stop_grace_period: 35s" in files["compose.yaml"]
