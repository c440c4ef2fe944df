"""Archives are unpacked inside their folder or not at all."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from unsuplmk.errors import UserError
from unsuplmk.files.unpack import unpack

FILES = {"images/1.png": b"one", "images/sub/2.png": b"two" * 1000, "list.txt": "ä".encode()}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in more:
            archive.addfile(member)
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_every_kind_is_unpacked_with_its_folders(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"set.{kind}"
    mode = "w:" + kind.partition(".")[2]
    archive = zipped(path, FILES) if kind == "zip" else tarred(path, FILES, mode=mode)
    told: list[int] = []
    assert unpack(archive, tmp_path / "out", lambda done, total: told.append(done)) == 3
    assert content(tmp_path / "out") == FILES
    assert told == [1, 2, 3]


@pytest.mark.parametrize("write", [zipped, tarred], ids=["zip", "tar"])
def test_what_is_there_in_full_is_left_and_what_is_cut_off_is_made_anew(tmp_path: Path, write: object) -> None:
    archive = (zipped if write is zipped else tarred)(tmp_path / "set", FILES)
    unpack(archive, tmp_path / "out")
    (tmp_path / "out" / "images" / "1.png").write_bytes(b"eno")
    (tmp_path / "out" / "images" / "sub" / "2.png").write_bytes(b"tw")
    unpack(archive, tmp_path / "out")
    assert content(tmp_path / "out") == {**FILES, "images/1.png": b"eno"}


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil-unsuplmk.txt", "a/../../evil.txt", "..\\evil.txt"])
@pytest.mark.parametrize("write", [zipped, tarred], ids=["zip", "tar"])
def test_a_member_that_would_lie_outside_is_refused(tmp_path: Path, name: str, write: object) -> None:
    archive = (zipped if write is zipped else tarred)(tmp_path / "set", {name: b"evil"})
    with pytest.raises(UserError, match=r"set is not unpacked: .*evil.*txt would lie outside"):
        unpack(archive, tmp_path / "out")
    assert not list(tmp_path.rglob("*evil*"))
    assert not Path("/tmp/evil-unsuplmk.txt").exists()


@pytest.mark.parametrize(
    "members",
    [
        (link("out-of-here", "../../"),),
        (link("out-of-here", "/etc"),),
        (link("hard", "../set.tar", tarfile.LNKTYPE),),
        (link("device", "", tarfile.CHRTYPE),),
    ],
    ids=["upwards", "absolute", "hard", "device"],
)
def test_links_out_of_the_folder_and_devices_are_refused(tmp_path: Path, members: tuple[tarfile.TarInfo, ...]) -> None:
    archive = tarred(tmp_path / "set.tar", {}, *members)
    with pytest.raises(UserError, match=r"set\.tar is not unpacked: "):
        unpack(archive, tmp_path / "out")
    assert content(tmp_path / "out") == {}


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        member = zipfile.ZipInfo("etc")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc")
    with pytest.raises(UserError, match="etc is a link"):
        unpack(tmp_path / "set.zip", tmp_path / "out")


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_damaged_tar_is_named(tmp_path: Path, mode: str) -> None:
    archive = tarred(tmp_path / "set.tar", {"a": bytes(range(256)) * 400}, mode=mode)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cannot unpack .*set\.tar"):
        unpack(archive, tmp_path / "out")


def test_a_damaged_zip_and_what_is_no_archive_are_named(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "set.zip", {"a": bytes(range(256)) * 400})
    whole = bytearray(archive.read_bytes())
    whole[60:90] = bytes(30)
    archive.write_bytes(whole)
    with pytest.raises(UserError, match=r"cannot unpack .*set\.zip: .*remove it and fetch it again"):
        unpack(archive, tmp_path / "out")
    (tmp_path / "set.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(UserError, match="neither a tar nor a zip"):
        unpack(tmp_path / "set.7z", tmp_path / "out")
