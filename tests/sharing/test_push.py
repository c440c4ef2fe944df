"""Tests of runs that are shared: on a hub of this machine, and in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hubserver import Hub, serve
from tests.sharedruns import client, contents, files, give_names, run_folder
from unsuplmk.errors import UserError
from unsuplmk.sharing import hub
from unsuplmk.sharing.hub import Address
from unsuplmk.sharing.parcel import Parcel, parcel
from unsuplmk.sharing.push import target, to_folder, to_hub

MOUSE = Address("me/mouse")
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the hub's client to its own


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Hub]:
    hub.fetch.cache_clear()
    with serve() as one, client(one.url, tmp_path / "cache"):
        yield one
    hub.fetch.cache_clear()


@pytest.fixture
def told() -> list[str]:
    return []


def sent(found: Parcel) -> dict[str, bytes]:
    return {name: one if isinstance(one, bytes) else one.read_bytes() for name, one in found.files.items()}


def send(server: Hub, run: Path, told: list[str], *, public: bool = False) -> str:
    found = parcel(run, "hf:me/mouse")
    return to_hub(found, MOUSE, public=public, message="A mouse", report=told.append)


def test_a_target_is_a_repository_or_a_folder_and_never_a_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert target("me/mouse") == target("hf:me/mouse") == MOUSE
    assert target("folder:me/mouse") == tmp_path / "me" / "mouse"
    assert target("folder:.") == tmp_path
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "mouse").mkdir()
    with pytest.raises(UserError, match="is a path here: say folder:me/mouse for the folder, or hf:me/mouse"):
        target("me/mouse")
    with pytest.raises(UserError, match="names a revision: what is pushed becomes the newest state"):
        target("me/cat@v1")
    with pytest.raises(UserError, match="no repository on the hub"):
        target("mouse")


def test_a_push_is_one_commit_of_a_new_private_repository(server: Hub, run: Path, told: list[str]) -> None:
    url = send(server, run, told)
    one = server.repositories["me/mouse"]
    assert one.private
    assert one.messages == ["first", "A mouse"]
    assert url == f"{server.url}/me/mouse/commit/{one.sha()}"
    assert {name: one.files[name] for name in one.files if name != ".gitattributes"} == sent(parcel(run, "hf:me/mouse"))
    assert told == []


def test_a_repository_is_public_only_if_that_is_said(server: Hub, run: Path, told: list[str]) -> None:
    send(server, run, told, public=True)
    assert not server.repositories["me/mouse"].private
    with pytest.raises(UserError, match="me/mouse is public: add --public if everybody may see this run"):
        send(server, run, told)
    assert len(server.repositories["me/mouse"].commits) == 2


def test_a_private_repository_stays_private(server: Hub, run: Path, told: list[str]) -> None:
    send(server, run, told)
    send(server, run, told, public=True)
    assert server.repositories["me/mouse"].private
    assert told == ["me/mouse is private and stays so: its settings on the hub change that"]


def test_names_that_the_run_has_no_more_are_taken_away_and_what_others_added_is_kept(
    server: Hub, run: Path, told: list[str]
) -> None:
    give_names(run)
    send(server, run, told)
    one = server.repositories["me/mouse"]
    one.files["notes.txt"] = b"x"
    (run / "names.json").unlink()
    send(server, run, told)
    assert set(one.files) == {".gitattributes", "config.toml", "model.safetensors", "README.md", "notes.txt"}


def test_a_card_that_was_changed_on_the_hub_is_kept_unless_the_run_has_its_own(
    server: Hub, run: Path, told: list[str]
) -> None:
    send(server, run, told)
    one = server.repositories["me/mouse"]
    send(server, run, told)  # nobody changed it
    one.files["README.md"] = b"# As I wrote it on the hub\n"
    send(server, run, told)
    assert one.files["README.md"] == b"# As I wrote it on the hub\n"
    assert told == ["the README.md of me/mouse was changed there: it is kept"]
    (run / "README.md").write_text("# As I wrote it here\n")
    send(server, run, told)
    assert one.files["README.md"] == b"# As I wrote it here\n"


def test_a_repository_of_something_else_is_left_alone(server: Hub, run: Path, told: list[str]) -> None:
    one = server.hold("me/mouse", {".gitattributes": b"", "pytorch_model.bin": b"x"}, private=True)
    with pytest.raises(UserError, match=r"me/mouse holds something else, such as pytorch_model.bin"):
        send(server, run, told)
    assert len(one.commits) == 1


def test_without_a_token_or_the_right_to_write_the_line_says_what_to_do(
    server: Hub, run: Path, told: list[str], tmp_path: Path
) -> None:
    with (
        client(server.url, tmp_path / "cache", token=""),
        pytest.raises(UserError, match="log in with `hf auth login`"),
    ):
        send(server, run, told)
    server.refused["/api/repos/create"] = 403
    with pytest.raises(UserError, match="you may not do that with me/mouse: take an owner that is yours"):
        send(server, run, told)
    assert server.repositories == {}


def test_an_upload_that_fails_changes_no_file_and_can_be_repeated(server: Hub, run: Path, told: list[str]) -> None:
    server.refused["/lfs/"] = 403
    with pytest.raises(UserError, match=r".") as caught:
        send(server, run, told)
    assert "\n" not in str(caught.value)
    assert set(server.repositories["me/mouse"].files) == {".gitattributes"}
    server.refused.clear()
    send(server, run, told)
    assert "model.safetensors" in server.repositories["me/mouse"].files


def test_a_folder_gets_the_same_files_and_can_be_pushed_to_again(run: Path, tmp_path: Path, told: list[str]) -> None:
    give_names(run)
    shared = tmp_path / "new" / "shared"
    to_folder(parcel(run, "shared"), shared, report=told.append)
    assert contents(shared) == sent(parcel(run, "shared"))
    (run / "names.json").unlink()
    to_folder(parcel(run, "shared"), shared, report=told.append)
    assert contents(shared) == sent(parcel(run, "shared"))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["shared"]
    assert told == []


def test_a_card_that_was_changed_in_the_folder_is_kept(run: Path, tmp_path: Path, told: list[str]) -> None:
    shared = tmp_path / "shared"
    to_folder(parcel(run, "shared"), shared, report=told.append)
    (shared / "README.md").write_text("# Changed\n")
    to_folder(parcel(run, "shared"), shared, report=told.append)
    assert (shared / "README.md").read_text() == "# Changed\n"
    assert told == [f"the README.md of {shared} was changed there: it is kept"]


@pytest.mark.parametrize("there", [{"mine.txt": b"x"}, {"config.toml": b"x", "state.pt": b"x"}, {"README.md": b"x"}])
def test_a_folder_of_something_else_is_left_alone(
    run: Path, tmp_path: Path, told: list[str], there: dict[str, bytes]
) -> None:
    shared = files(there, tmp_path / "shared")
    with pytest.raises(UserError, match="holds something else, such as"):
        to_folder(parcel(run, "shared"), shared, report=told.append)
    assert contents(shared) == there


def test_what_is_no_folder_is_left_alone(run: Path, tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("x")
    for name in ("link", "file"):
        with pytest.raises(UserError, match="is there already and is no folder"):
            to_folder(parcel(run, "shared"), tmp_path / name, report=told.append)
    with pytest.raises(UserError, match=r"cannot write .*; what was there is kept"):
        to_folder(parcel(run, "shared"), tmp_path / "file" / "shared", report=told.append)
