"""Files come over a real connection, whatever happens to it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server
from unsuplmk.errors import UserError
from unsuplmk.files.fetch import CHUNK, digest, fetch, size

CONTENT = bytes(range(256)) * 12 * 1024  # 3 MiB: several chunks
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
AT_ONCE = (0.0, 0.0)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with server.serve() as site:
        site.files["/set.tar"] = CONTENT
        yield site


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def half(path: Path, site: server.Site) -> int:
    """As a call leaves it that was broken off."""
    site.drops = [2 * CHUNK]
    with pytest.raises(UserError, match=r"is kept, and the same command goes on with it"):
        fetch(f"{site.url}/set.tar", path, pauses=())
    assert left(path.parent) == ["set.tar.partial", "set.tar.partial.json"]
    return path.with_name("set.tar.partial").stat().st_size


def test_a_file_arrives_whole_and_says_how_far_it_is(site: server.Site, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    fetch(f"{site.url}/set.tar", tmp_path / "a" / "set.tar", checksum=MD5, progress=lambda *now: seen.append(now))
    assert (tmp_path / "a" / "set.tar").read_bytes() == CONTENT
    assert left(tmp_path / "a") == ["set.tar"]
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 5


def test_the_size_is_known_before_anything_is_fetched(site: server.Site) -> None:
    assert size(f"{site.url}/set.tar") == len(CONTENT)
    site.heads = False
    assert size(f"{site.url}/set.tar") == 0


def test_a_connection_that_drops_is_taken_up_where_it_was(site: server.Site, tmp_path: Path) -> None:
    site.drops = [CHUNK, CHUNK, 0, 100]
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5, pauses=AT_ONCE)
    assert (tmp_path / "set.tar").read_bytes() == CONTENT
    starts = [f"bytes={place}-" for place in (CHUNK, 2 * CHUNK, 2 * CHUNK, 2 * CHUNK + 100)]
    assert site.gets() == ["", *starts]


def test_a_connection_that_always_drops_ends_in_one_error_and_what_came_is_kept(
    site: server.Site, tmp_path: Path
) -> None:
    site.drops = [100, 0, 0, 0, 0]
    with pytest.raises(UserError, match=rf"closed after 100 of {len(CONTENT)} bytes; .*set\.tar\.partial is kept"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar", pauses=AT_ONCE)
    assert site.gets() == ["", "bytes=100-", "bytes=100-"]
    assert not (tmp_path / "set.tar").exists()


def test_a_later_call_goes_on_with_the_part(site: server.Site, tmp_path: Path) -> None:
    had = half(tmp_path / "set.tar", site)
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5)
    assert site.gets()[-1] == f"bytes={had}-"
    assert (tmp_path / "set.tar").read_bytes() == CONTENT
    assert left(tmp_path) == ["set.tar"]


def test_a_server_without_ranges_sends_all_again(site: server.Site, tmp_path: Path) -> None:
    half(tmp_path / "set.tar", site)
    site.ranges = False
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5)
    assert (tmp_path / "set.tar").read_bytes() == CONTENT


@pytest.mark.parametrize("tags", [True, False], ids=["by its tag", "by its size"])
def test_a_file_that_has_changed_since_is_begun_anew(site: server.Site, tmp_path: Path, tags: bool) -> None:
    site.tags = tags
    half(tmp_path / "set.tar", site)
    site.files["/set.tar"] = new = CONTENT[::-1] + b"more"
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", pauses=AT_ONCE)
    assert (tmp_path / "set.tar").read_bytes() == new


def test_a_change_that_only_the_checksum_shows_is_begun_anew(site: server.Site, tmp_path: Path) -> None:
    site.tags = False
    half(tmp_path / "set.tar", site)
    site.files["/set.tar"] = new = CONTENT[::-1]
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=f"sha256:{hashlib.sha256(new).hexdigest()}")
    assert (tmp_path / "set.tar").read_bytes() == new


def test_a_part_of_another_address_is_not_gone_on_with(site: server.Site, tmp_path: Path) -> None:
    half(tmp_path / "set.tar", site)
    site.files["/other.tar"] = b"short"
    fetch(f"{site.url}/other.tar", tmp_path / "set.tar")
    assert (tmp_path / "set.tar").read_bytes() == b"short"


def test_a_part_that_is_all_of_it_needs_no_byte_more(site: server.Site, tmp_path: Path) -> None:
    note = {"url": f"{site.url}/set.tar", "validator": server.tag(CONTENT), "size": len(CONTENT)}
    (tmp_path / "set.tar.partial").write_bytes(CONTENT)
    (tmp_path / "set.tar.partial.json").write_text(json.dumps(note), "utf-8")
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5)
    assert (tmp_path / "set.tar").read_bytes() == CONTENT
    assert site.gets() == [f"bytes={len(CONTENT)}-"]


def test_a_wrong_checksum_leaves_nothing_under_any_name(site: server.Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"has checksum {MD5}, not md5:0+: .*nothing is kept"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=f"md5:{'0' * 32}")
    assert left(tmp_path) == []


def test_what_was_there_before_stays_until_the_new_one_is_right(site: server.Site, tmp_path: Path) -> None:
    (tmp_path / "set.tar").write_bytes(b"old")
    with pytest.raises(UserError, match="nothing is kept"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=f"md5:{'0' * 32}")
    assert (tmp_path / "set.tar").read_bytes() == b"old"


def test_a_size_that_is_not_told_is_no_hindrance(site: server.Site, tmp_path: Path) -> None:
    site.lengths = False
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5)
    assert (tmp_path / "set.tar").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(site: server.Site, tmp_path: Path) -> None:
    site.busy = 2
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5, pauses=AT_ONCE)
    site.busy = 3
    with pytest.raises(UserError, match="503 Service Unavailable"):
        fetch(f"{site.url}/set.tar", tmp_path / "again.tar", pauses=AT_ONCE)
    assert not list(tmp_path.glob("again*"))


def test_a_file_that_is_not_there_is_asked_for_once(site: server.Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot fetch .*/gone\.tar: the server answers 404 Not Found"):
        fetch(f"{site.url}/gone.tar", tmp_path / "gone.tar", pauses=AT_ONCE)
    assert len(site.gets()) == 1
    assert left(tmp_path) == []


def test_a_redirection_is_followed_but_not_to_files_or_ftp(site: server.Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("mine", "utf-8")
    site.moved = {"/here": "/set.tar", "/ftp": "ftp://127.0.0.1/x", "/file": secret.as_uri()}
    fetch(f"{site.url}/here", tmp_path / "set.tar", checksum=MD5)
    for path in ("/ftp", "/file"):
        with pytest.raises(UserError, match="cannot fetch"):
            fetch(f"{site.url}{path}", tmp_path / "stolen", pauses=AT_ONCE)
    with pytest.raises(UserError, match="only http and https are known"):
        fetch(secret.as_uri(), tmp_path / "stolen")
    assert left(tmp_path) == ["secret.txt", "set.tar"]


def test_a_page_in_place_of_the_file_is_refused(site: server.Site, tmp_path: Path) -> None:
    site.kind = "text/html; charset=utf-8"
    with pytest.raises(UserError, match="gives a web page, not the file: open it in a browser"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar")
    assert left(tmp_path) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_no_network_is_one_clear_error_without_waiting(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://{host}:{unused.getsockname()[1]}/set.tar"
    with pytest.raises(UserError, match=rf"cannot fetch {url}: {host} cannot be reached: .*is there a network\?"):
        fetch(url, tmp_path / "set.tar", pauses=(600.0,))
    with pytest.raises(UserError, match=f"{host} cannot be reached"):
        size(url)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_in_one_line(site: server.Site, tmp_path: Path) -> None:
    note = {"url": f"{site.url}/set.tar", "validator": "", "size": len(CONTENT)}
    (tmp_path / "set.tar.partial").symlink_to("/dev/full")
    (tmp_path / "set.tar.partial.json").write_text(json.dumps(note), "utf-8")
    with pytest.raises(UserError, match=r"cannot write .*set\.tar\.partial: the disk is full"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar")


def test_a_folder_without_room_is_refused_before_anything_is_written(site: server.Site, tmp_path: Path) -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return 10**18

    site.files["/set.tar"] = Huge(b"abc")
    with pytest.raises(UserError, match=r"GB free, and 1000000000\.0 GB are still to come"):
        fetch(f"{site.url}/set.tar", tmp_path / "set.tar")


def test_a_name_that_cannot_be_written_is_the_users_error(site: server.Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UserError, match="cannot write"):
        fetch(f"{site.url}/set.tar", tmp_path / "file" / "set.tar")


def test_an_interruption_keeps_the_part_and_says_so(site: server.Site, tmp_path: Path) -> None:
    script = f"""
import signal, time
from pathlib import Path
from unsuplmk.files.fetch import fetch
signal.signal(signal.SIGINT, signal.default_int_handler)
slow = lambda done, total: done and time.sleep(9)
fetch({site.url + "/set.tar"!r}, Path({str(tmp_path / "set.tar")!r}), progress=slow)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    partial = tmp_path / "set.tar.partial"
    for _ in range(600):
        if partial.is_file() and partial.stat().st_size:
            break
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert said.strip().endswith("set.tar.partial is kept: the same command goes on with it.")
    fetch(f"{site.url}/set.tar", tmp_path / "set.tar", checksum=MD5)
    assert site.gets()[-1].startswith("bytes=")


def test_a_checksum_is_of_the_algorithm_of_another(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest(tmp_path / "a", "md5:?") == "md5:900150983cd24fb0d6963f7d28e17f72"
    assert digest(tmp_path / "a", "sha256:?").startswith("sha256:ba7816bf8f01cfea")
    assert digest(tmp_path / "a", "") == ""
