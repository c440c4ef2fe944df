"""A web server on this machine that misbehaves as asked."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Files and manners, which a test may change while the server runs.

    Attributes:
        files: Path -> content.
        ranges: Whether parts are served.
        tags: Whether files have an ETag.
        lengths: Whether the size is told.
        heads: Whether HEAD is answered.
        drops: After how many bytes each coming answer breaks off; answers after the last do not.
        busy: How many coming requests are answered with 503.
        kind: The content type.
        moved: Path -> where it is now.
        asked: The requests that came: method, path and Range.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    tags: bool = True
    lengths: bool = True
    heads: bool = True
    drops: list[int] = field(default_factory=list)
    busy: int = 0
    kind: str = "application/octet-stream"
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def gets(self) -> list[str]:
        """The Range of each GET, empty for the whole."""
        return [part for method, _, part in self.asked if method == "GET"]


def tag(content: bytes) -> str:
    """A strong ETag."""
    return f'"{hashlib.md5(content).hexdigest()}"'


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            asked = self.headers.get("Range", "")
            site.asked.append((self.command, self.path, asked))
            if not body and not site.heads:
                return self._end(405)
            if body and site.busy:
                site.busy -= 1
                return self._end(503)
            if self.path in site.moved:
                return self._end(302, Location=site.moved[self.path])
            if self.path not in site.files:
                return self._end(404)
            content, part = site.files[self.path], range(len(site.files[self.path]))
            headers = {"Content-Type": site.kind, **({"ETag": tag(content)} if site.tags else {})}
            start = re.fullmatch(r"bytes=(\d+)-", asked)
            changed = self.headers.get("If-Range", tag(content)) != tag(content)
            status = 200
            if start and site.ranges and not changed:
                part = part[int(start[1]) :]
                if not part:
                    return self._end(416, **{"Content-Range": f"bytes */{len(content)}"})
                status, headers["Content-Range"] = 206, f"bytes {part[0]}-{part[-1]}/{len(content)}"
            if site.lengths:
                headers["Content-Length"] = str(len(part))
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                sent = content[part.start : part.stop]
                self.wfile.write(sent[: site.drops.pop(0)] if site.drops else sent)
            return None

        def _end(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": "0", **headers}.items():
                self.send_header(key, value)
            self.end_headers()

    return Handler


@contextlib.contextmanager
def serve() -> Iterator[Site]:
    """A site at `site.url`, until the end of the block."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
