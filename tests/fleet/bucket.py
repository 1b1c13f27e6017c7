"""A real object store (moto, which speaks S3) in a process of its own, and a way to it that can break."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from urllib.error import URLError
from urllib.request import Request, urlopen

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "writer", "AWS_REGION": "us-east-1"}


class Bucket:
    """One server with one public bucket, "feeds"."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.endpoint = f"http://127.0.0.1:{self.port}"
        until = time.monotonic() + 240
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                break
            assert time.monotonic() < until, "the object store does not start"
            time.sleep(0.1)
        self.empty()

    def environment(self, endpoint: str = "") -> dict[str, str]:
        return {**KEYS, "AWS_ENDPOINT_URL": endpoint or self.endpoint, "AWS_ALLOW_HTTP": "true"}

    def empty(self) -> None:
        """Forget everything but an empty bucket."""
        for method, path in (("POST", "/moto-api/reset"), ("PUT", "/feeds")):
            asked = Request(f"{self.endpoint}{path}", method=method, headers={"x-amz-acl": "public-read"})  # noqa: S310 -- our own
            urlopen(asked, timeout=120).close()  # noqa: S310 -- as above

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of what anybody finds at *path*."""
        try:
            with urlopen(f"{self.endpoint}/feeds/{path}", timeout=120) as answer:  # noqa: S310 -- our own
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
        except URLError as error:
            return getattr(error, "code", 0), {}, b""

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Breaking:
    """A proxy to *bucket* that refuses the *refuse*-th upload or removal and all after it."""

    def __init__(self, bucket: Bucket) -> None:
        self.refuse = 0  # never
        self.changes = 0
        self._lock = threading.Lock()
        self._bucket = bucket
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), client.makefile("rb") as asked:
            while line := asked.readline():
                head = line
                length = 0
                while (line := asked.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    if not line.lower().startswith(b"connection:"):
                        head += line
                body = asked.read(length)
                if head.startswith((b"PUT", b"DELETE", b"POST")) and self._refuses():
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    continue
                with socket.create_connection(("127.0.0.1", self._bucket.port), timeout=30) as through:
                    through.sendall(head + b"Connection: close\r\n\r\n" + body)
                    answer = b"".join(iter(lambda: through.recv(1 << 16), b""))
                status, _, rest = answer.partition(b"\r\n")
                client.sendall(status + b"\r\nConnection: close\r\n" + rest.replace(b"Connection: close\r\n", b"", 1))
                return

    def _refuses(self) -> bool:
        with self._lock:
            self.changes += 1
            return bool(self.refuse) and self.changes >= self.refuse
