"""A hub on this machine: as much of its protocol as pushing and pulling small repositories takes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_the_tests"


@dataclass
class Repository:
    """Files of each commit, in order; a commit's name is made of its number. Tags are names of numbers."""

    private: bool = False
    commits: list[dict[str, bytes]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)

    def sha(self, number: int = -1) -> str:
        return hashlib.sha1(str(number % len(self.commits)).encode()).hexdigest()

    def at(self, revision: str) -> int | None:
        """The number of a commit."""
        if revision == "main":
            return len(self.commits) - 1
        if revision in self.tags:
            return self.tags[revision]
        names = [self.sha(number) for number in range(len(self.commits))]
        return names.index(revision) if revision in names else None

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1]


@dataclass
class Hub:
    """Repositories and manners, which a test may change while it runs.

    Attributes:
        repositories: By OWNER/NAME.
        drops: After how many bytes each coming answer with a file's content breaks off.
        refused: Parts of paths that are answered with a status.
        code: What these answers say beside it, in the hub's own words.
        asked: The requests that came: method and path.
        stored: What was uploaded beside commits, by checksum.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    drops: list[int] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    code: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    def put(self, name: str, private: bool = False, **files: bytes) -> Repository:
        """A repository with these files: `config_toml` is called config.toml."""
        return self.hold(
            name, {key.replace("__", "/").replace("_", "."): value for key, value in files.items()}, private
        )

    def hold(self, name: str, files: dict[str, bytes], private: bool = False) -> Repository:
        """A repository with these files."""
        self.repositories[name] = Repository(private, [files], ["first"])
        return self.repositories[name]

    def fetched(self) -> set[str]:
        """The names of files whose content was asked for."""
        paths = (path for method, path in self.asked if method == "GET" and "/resolve/" in path)
        return {path.partition("/resolve/")[2].partition("/")[2] for path in paths}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._route()

        def do_GET(self) -> None:
            self._route()

        def do_PUT(self) -> None:
            self._route()

        def do_POST(self) -> None:
            self._route()

        def _route(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(urlsplit(self.path).path)
            hub.asked.append((self.command, path))
            for part, status in hub.refused.items():
                if part in path:
                    return self._json({"error": "refused"}, status, hub.code)
            if path == "/api/validate-yaml":
                return self._json({"errors": [], "warnings": []})
            if path.startswith("/lfs/"):
                hub.stored[path.removeprefix("/lfs/")] = body
                return self._json({})
            if path == "/api/repos/create":
                return self._create(json.loads(body))
            for pattern, action in ROUTES.items():
                found = re.fullmatch(pattern, path)
                if found:
                    return self._of_repository(found[1], found.groups()[1:], action, body)
            return self._json({"error": f"no such path {path}"}, 404)

        def _of_repository(self, name: str, rest: tuple[str, ...], action: str, body: bytes) -> None:
            one = hub.repositories.get(name)
            known = self.headers.get("Authorization", "") == f"Bearer {TOKEN}"
            if one is None or (one.private and not known):
                return self._json({"error": "Repository not found"}, 404 if known else 401, code="RepoNotFound")
            if not known and action not in ("info", "tree", "file"):
                return self._json({"error": "Invalid credentials in Authorization header"}, 401)
            return getattr(self, f"_{action}")(name, one, *rest, body)

        def _create(self, asked: dict[str, Any]) -> None:
            if self.headers.get("Authorization", "") != f"Bearer {TOKEN}":
                return self._json({"error": "Invalid credentials in Authorization header"}, 401)
            name = f"{asked['organization']}/{asked['name']}"
            private = asked.get("visibility") == "private" or asked.get("private") is True
            hub.repositories[name] = Repository(private, [{".gitattributes": b""}], ["first"])
            return self._json({"url": f"{hub.url}/{name}"})

        def _info(self, name: str, one: Repository, revision: str | None, body: bytes) -> None:
            number = one.at(revision or "main")
            if number is None:
                return self._json({"error": "Invalid rev id"}, 404, code="RevisionNotFound")
            names = [{"rfilename": path} for path in one.commits[number]]
            return self._json(
                {"id": name, "sha": one.sha(number), "private": one.private, "siblings": names, "tags": []}
            )

        def _tree(self, name: str, one: Repository, revision: str, body: bytes) -> None:
            number = one.at(revision)
            assert number is not None
            found = []
            for path, content in one.commits[number].items():
                entry = {"type": "file", "path": path, "size": len(content), "oid": _tag(content)}
                if path.endswith(".safetensors"):
                    entry["lfs"] = {"oid": _sum(content), "size": len(content), "pointerSize": 130}
                found.append(entry)
            return self._json(found)

        def _file(self, name: str, one: Repository, revision: str, path: str, body: bytes) -> None:
            number = one.at(revision)
            if number is None:
                return self._json({"error": "Invalid rev id"}, 404, code="RevisionNotFound")
            if path not in one.commits[number]:
                return self._json({"error": "Entry not found"}, 404, code="EntryNotFound")
            content = one.commits[number][path]
            start = int((re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) or ("", "0"))[1])
            headers = {"ETag": f'"{_tag(content)}"', "X-Repo-Commit": one.sha(number), "Accept-Ranges": "bytes"}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return self._send(206 if start else 200, content[start:], headers, drops=True)

        def _preupload(self, name: str, one: Repository, revision: str, body: bytes) -> None:
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith((".safetensors", ".png")) else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            return self._json({"files": files})

        def _batch(self, name: str, one: Repository, body: bytes) -> None:
            objects = [
                {**file, "actions": {"upload": {"href": f"{hub.url}/lfs/{file['oid']}"}}}
                for file in json.loads(body)["objects"]
            ]
            return self._json({"transfer": "basic", "objects": objects})

        def _commit(self, name: str, one: Repository, revision: str, body: bytes) -> None:
            files, message = dict(one.files), ""
            for line in body.splitlines():
                item = json.loads(line)
                value = item["value"]
                if item["key"] == "header":
                    message = value["summary"]
                elif item["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif item["key"] == "lfsFile":
                    files[value["path"]] = hub.stored[value["oid"]]
                elif item["key"] == "deletedFile":
                    del files[value["path"]]
            one.commits.append(files)
            one.messages.append(message)
            return self._json({"commitUrl": f"{hub.url}/{name}/commit/{one.sha()}", "commitOid": one.sha()})

        def _json(self, value: object, status: int = 200, code: str = "") -> None:
            headers = {"Content-Type": "application/json", **({"X-Error-Code": code} if code else {})}
            self._send(status, json.dumps(value).encode(), headers)

        def _send(self, status: int, content: bytes, headers: dict[str, str], drops: bool = False) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if drops and hub.drops:
                content = content[: hub.drops.pop(0)]
                self.close_connection = True
            self.wfile.write(content)

    return Handler


NAME = r"([\w.-]+/[\w.-]+)"
ROUTES = {
    rf"/api/models/{NAME}(?:/revision/(.+))?": "info",
    rf"/api/models/{NAME}/tree/([^/]+)": "tree",
    rf"/api/models/{NAME}/preupload/([^/]+)": "preupload",
    rf"/api/models/{NAME}/commit/([^/]+)": "commit",
    rf"/{NAME}\.git/info/lfs/objects/batch": "batch",
    rf"/{NAME}/resolve/([^/]+)/(.+)": "file",
}
"""Path -> what answers it; the first group is the repository."""


def _tag(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def serve() -> Iterator[Hub]:
    """A hub at `hub.url`, until the end of the block."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
