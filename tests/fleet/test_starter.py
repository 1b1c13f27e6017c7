"""What init --fleet writes: read by the programs that it is for, as far as they run without containers."""

from __future__ import annotations

import gzip
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from feeds.publish.target_s3 import S3Target
from feeds.site import Site
from scheduler.start import starter_files

if TYPE_CHECKING:
    from fleet.bucket import Bucket

OURS = ("tables", "scheduler", "worker")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return starter_files(tmp_path_factory.mktemp("fleet"), fleet=True)


def test_the_compose_file_starts_what_a_fleet_needs(files: dict[str, str]) -> None:
    compose = yaml.safe_load(files["compose.yaml"])
    services = compose["services"]
    assert set(services) == {"database", "objects", "bucket", "front", *OURS}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["environment"]["BAYWIRE_PUBLISH_TARGET"].startswith("s3://")
    assert "baywire_owner" in services["tables"]["environment"]["BAYWIRE_STORE_URL"]
    assert "owner" not in services["worker"]["secrets"]
    for service in services.values():
        assert service["image"] == "baywire" or re.search(r":\d+\.\d+", service["image"]), service["image"]
    mounted = {
        mount.split(":")[0].removeprefix("./").rstrip("/")
        for service in services.values()
        for mount in service.get("volumes", ())
        if mount.startswith("./")
    }
    assert {name for name in mounted if name not in files and f"{name}/example.toml.txt" not in files} == set()
    assert set(compose["secrets"]) == {name for service in services.values() for name in service.get("secrets", ())}


def test_no_file_holds_a_password(files: dict[str, str]) -> None:
    assert not [name for name, text in files.items() if re.search(r"postgresql://\w+:[^@/\s]+@", text)]
    assert not re.search(r"PASSWORD\s+'", files["roles.sql"])


def test_the_image_is_pinned_and_runs_as_nobody(files: dict[str, str]) -> None:
    lines = files["Containerfile"].splitlines()
    images = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    last = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    user = next(line for line in last if line.startswith("USER"))
    assert int(user.split()[1].split(":")[0]) > 0
    assert last.index(user) < last.index('ENTRYPOINT ["baywire"]')


def test_images_can_be_pinned_to_what_they_hold(files: dict[str, str], tmp_path: Path) -> None:
    for name in ("compose.yaml", "Containerfile", "pin.sh"):
        (tmp_path / name).write_text(files[name], encoding="utf-8")
    docker = tmp_path / "bin" / "docker"  # which nobody has here: it tells what the registry would
    docker.parent.mkdir()
    docker.write_text(
        """#!/bin/sh
test "$*" = "buildx imagetools inspect $4" || exit 64
sum=$(printf %s "$4" | sha256sum | cut -c1-64)
echo "Name:      $4"
echo "Digest:    sha256:$sum"
echo "  Digest:    sha256:other"
""",
        encoding="ascii",
    )
    docker.chmod(0o755)
    environment = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
    for _ in range(2):  # the second time there is nothing to do
        done = subprocess.run(
            ["sh", tmp_path / "pin.sh"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
    compose = yaml.safe_load((tmp_path / "compose.yaml").read_text(encoding="utf-8"))
    images = [service["image"] for service in compose["services"].values() if service["image"] != "baywire"]
    images += re.findall(r"^FROM (\S+)", (tmp_path / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(images) == 6
    for image in images:
        name, _, digest = image.partition("@")
        assert digest == f"sha256:{sha256(name.encode()).hexdigest()}"
        assert name in files["compose.yaml"] + files["Containerfile"]


def test_the_units_start_the_two_verbs(files: dict[str, str], tmp_path: Path) -> None:
    starts = {
        name: re.search(r"ExecStart=.*?(-C .*)", text) for name, text in files.items() if name.endswith(".service")
    }
    told = {name: found[1] for name, found in starts.items() if found}
    assert told == {
        "baywire-scheduler.service": "-C /var/lib/baywire run --fleet",
        "baywire-worker@.service": "-C /etc/baywire worker",
    }
    if shutil.which("systemd-analyze"):
        for name in told:
            (tmp_path / name).write_text(files[name], encoding="utf-8")
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True, check=False
            )
            assert name not in done.stderr, done.stderr


def test_the_units_leave_little_open(files: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    told = subprocess.run(["systemd-analyze", "--help"], capture_output=True, text=True, check=False).stdout
    if "--offline" not in told or "--threshold" not in told:
        pytest.skip("needs systemd 250 or newer")
    for name in ("baywire-scheduler.service", "baywire-worker@.service"):
        (tmp_path / name).write_text(files[name], encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", tmp_path / name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def front(bucket: Bucket, tmp_path: Path) -> Iterator[HTTPConnection]:
    """Yield a connection to nginx in front of a bucket, as the starter configures it."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rules = starter_files(tmp_path, fleet=True, moved={"old": "ai"}, retired=("fintech", "smart-city"))
    server = rules["nginx.conf"].replace("listen 8080", f"listen 127.0.0.1:{port}")
    server = server.replace("objects:8333", f"127.0.0.1:{bucket.port}").replace("scheduler:8000", "127.0.0.1:9")
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} "
        f"http {{ access_log off; {temporary}\n{server}\n}}",
        encoding="utf-8",
    )
    process = subprocess.Popen(["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"])
    try:
        until = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until
                assert process.poll() is None
                time.sleep(0.05)
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            yield connection
    finally:
        process.terminate()
        process.wait(120)


def test_nginx_gives_readers_what_is_in_the_bucket(front: HTTPConnection) -> None:
    place = S3Target("s3://feeds/public", Site())
    body = b"<feed>" + b"x" * 2000 + b"</feed>"
    for path, what in (
        ("feeds/ai.atom", body),
        ("feeds/ai.atom.gz", gzip.compress(body)),
        ("feeds/archive/ai/2026-01.atom", b"old"),
        ("topics/ai/index.html", b"a page"),
        ("index.html", b"home"),
        ("404.html", b"not here"),
    ):
        place.write(path, what)
    place.settle()

    def get(path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        front.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = front.getresponse()
        return answer, answer.read()

    plain, got = get("/feeds/ai.atom")
    assert (plain.status, got) == (200, body)
    assert plain.headers["Content-Encoding"] is None
    packed, got = get("/feeds/ai.atom", Accept_Encoding="gzip, br")
    assert gzip.decompress(got) == body
    assert packed.headers["Content-Encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "max-age=300" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again, _ = get("/feeds/ai.atom", If_None_Match=str(plain.headers["ETag"]))
    assert again.status == 304
    assert get("/feeds/archive/ai/2026-01.atom", Accept_Encoding="gzip")[1] == b"old"  # it has no packed twin
    past, got = get("/feeds/archive/ai/2026-01.atom")
    assert (past.headers["Vary"], got) == ("Accept-Encoding", b"old")
    assert get("/topics/ai/")[1] == b"a page"
    assert get("/")[1] == b"home"
    assert get("/feeds/none.atom")[0].status == 404
    absent, got = get("/topics/none/")
    assert (absent.status, got) == (404, b"not here")
    front.request("PUT", "/index.html", body=b"mine")
    refused = front.getresponse()
    refused.read()
    assert refused.status == 403
    assert get("/")[1] == b"home"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/feeds/old.zh-hant.rss", "/feeds/ai.zh-hant.rss"),
        ("/feeds/archive/old.en/2026-01.atom", "/feeds/archive/ai.en/2026-01.atom"),
        ("/topics/old/en/", "/topics/ai/en/"),
    ],
)
def test_nginx_before_a_bucket_leads_to_a_topic_that_moved(front: HTTPConnection, asked: str, location: str) -> None:
    front.request("GET", asked)
    answer = front.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Location"]) == (301, location)


def test_nginx_before_a_bucket_says_of_a_retired_topic_that_it_is_gone(front: HTTPConnection) -> None:
    place = S3Target("s3://feeds/public", Site())
    place.write("feeds/fintech.atom", b"it has ended")
    place.settle()
    told = {}
    for path in ("/feeds/fintech.atom", "/feeds/fintech.pt.json", "/topics/smart-city/en/", "/feeds/fintechs.atom"):
        front.request("GET", path)
        answer = front.getresponse()
        told[path] = (answer.status, answer.headers["Content-Type"], answer.read()[:12])
    assert told["/feeds/fintech.atom"] == (200, "application/atom+xml; charset=utf-8", b"it has ended")
    for path in ("/feeds/fintech.pt.json", "/topics/smart-city/en/"):
        assert told[path] == (410, "text/plain; charset=utf-8", b"This topic h")
    assert told["/feeds/fintechs.atom"][0] == 404
