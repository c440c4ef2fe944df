"""One file from the web: resumed where it broke off, checked before it gets its name."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, final

from unsuplmk.errors import UserError
from unsuplmk.files import web

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further try, as long as no try brings anything."""
CHUNK = 1 << 18
"""Bytes at a time: a progress line moves, and a break loses little."""

Progress = Callable[[int, int], None]
"""Told how many bytes are there, of how many; 0 where the server does not say."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


def fetch(
    url: str, path: Path, *, checksum: str = "", progress: Progress = silent, pauses: Sequence[float] = PAUSES
) -> None:
    """Fetch a file; until all of it is there and right, it is called `NAME.partial`, and the next call goes on with it.

    Args:
        url: http or https.
        path: What it shall be called; a file of that name is replaced.
        checksum: `md5:...` or `sha256:...`; empty where none is known.
        progress: See `Progress`.
        pauses: Seconds before each further try after a break; the count begins anew when something arrived.

    Raises:
        UserError: The server does not give the file, the checksum is another, the disk is full, or there is no network.
        KeyboardInterrupt: As it came; what had arrived is kept.
    """
    part = Partial(path, url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.held() > 0
        _complete(part, progress, pauses)
        found = digest(part.file, checksum)
        if found != checksum and resumed:  # the older half may be of another version than the newer
            part.clear()
            _complete(part, progress, pauses)
            found = digest(part.file, checksum)
        if found != checksum:
            part.clear()
            raise UserError(
                f"{url} has checksum {found}, not {checksum}: its owner changed it, or it was damaged on its way; "
                "nothing is kept. Try again, or get it by hand"
            )
        os.replace(part.file, path)
        part.note.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {part.file}: {_disk(error)}; what is there is kept") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{part.file} is kept: the same command goes on with it.") from None


def size(url: str) -> int:
    """How many bytes a file has, as its server says; 0 where it does not.

    Raises:
        UserError: There is no network.
    """
    try:
        with web.ask(url, {}, "HEAD") as answer:
            return web.length(answer)
    except UserError:  # not every server answers this question
        return 0
    except web.BrokenError as error:
        if error.unreachable:
            raise UserError(f"cannot fetch {url}: {error}") from None
        return 0


def digest(path: Path, checksum: str) -> str:
    """The checksum of a file by the algorithm of another, `md5:...` or `sha256:...`; nothing if that is empty."""
    if not checksum:
        return ""
    algorithm = checksum.partition(":")[0]
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, lambda: _hash(algorithm)).hexdigest()}"


def _hash(algorithm: str) -> Any:
    return hashlib.new(algorithm, usedforsecurity=False)


@final
class Partial:
    """A file that is being fetched, and a note of what it is a part of.

    Args:
        path: What it will be called.
        url: Where it comes from.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.url = url
        self.file = path.with_name(f"{path.name}.partial")
        self.note = path.with_name(f"{path.name}.partial.json")

    def known(self) -> dict[str, Any]:
        """The note: `url`, `validator` and `size`; empty if there is none, or it is of another address."""
        try:
            note = json.loads(self.note.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        whole = isinstance(note, dict) and note.keys() >= {"url", "validator", "size"}
        return note if whole and note["url"] == self.url else {}

    def held(self) -> int:
        """Bytes that are there and can be gone on with."""
        return self.file.stat().st_size if self.known() and self.file.is_file() else 0

    def begin(self, validator: str, size: int) -> None:
        """Note what the server says of the whole, and begin with nothing."""
        self.file.write_bytes(b"")
        self.note.write_text(json.dumps({"url": self.url, "validator": validator, "size": size}), "utf-8")

    def clear(self) -> None:
        """Remove what is there."""
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _complete(part: Partial, progress: Progress, pauses: Sequence[float]) -> None:
    """Receive until all is there."""
    first, failures = True, 0
    while True:
        before = part.held()
        try:
            return _receive(part, progress)
        except web.BrokenError as error:
            grown = part.held() > before
            failures = 1 if grown else failures + 1
            if (error.unreachable and first) or failures > len(pauses):
                kept = f"; {part.file} is kept, and the same command goes on with it" if part.held() else ""
                raise UserError(f"cannot fetch {part.url}: {error}{kept}") from None
            first = False
            time.sleep(pauses[failures - 1])


def _receive(part: Partial, progress: Progress) -> None:
    """One request: all of the file, or what is missing of it."""
    held, known = part.held(), part.known()
    asked = {"Range": f"bytes={held}-"} if held else {}
    if held and known["validator"]:
        asked["If-Range"] = known["validator"]  # a file that has changed since is then sent as a whole
    with web.ask(part.url, asked) as answer:
        sent = web.ContentRange.of(answer)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and sent.size == held:
            return
        whole = answer.status == HTTPStatus.OK
        if not whole and sent != web.ContentRange(held, known.get("size", 0)):
            part.clear()
            raise web.BrokenError("the file has changed on the server")
        if whole:
            if web.is_page(answer) and not part.file.name.endswith(".html.partial"):
                raise UserError(f"{part.url} gives a web page, not the file: open it in a browser, and save the file")
            part.begin(web.validator(answer), web.length(answer))
        start, total = part.held(), part.known()["size"]
        _room(part.file.parent, total - start)
        _copy(answer, part.file, start, total, progress)


def _copy(answer: Any, file: Path, start: int, total: int, progress: Progress) -> None:
    done = start
    with file.open("ab") as out:
        progress(done, total)
        while chunk := web.read(answer, CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, total)
    if total and done != total:
        raise web.BrokenError(f"the connection was closed after {done} of {total} bytes")


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(f"{folder} has {free / 1e9:.1f} GB free, and {needed / 1e9:.1f} GB are still to come")


def _disk(error: OSError) -> str:
    return "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or str(error)
