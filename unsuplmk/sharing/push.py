"""`unsuplmk push`: a run for others, as a repository on the hub or as a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from unsuplmk.checkpoint import CONFIG
from unsuplmk.errors import UserError
from unsuplmk.sharing import hub, modelcard
from unsuplmk.sharing.hub import Address
from unsuplmk.sharing.modelcard import CARD
from unsuplmk.sharing.parcel import ALWAYS, Parcel

Told = Callable[[str], None]


def target(word: str) -> Address | Path:
    """Where to: `OWNER/NAME` on the hub, or `folder:PATH`.

    Raises:
        UserError: It is neither, or might be both.
    """
    if word.startswith(hub.FOLDER):
        return Path(os.path.abspath(hub.resolve(word)))  # . has no name
    if not word.startswith(hub.HUB) and os.path.exists(Path(word).expanduser()):
        raise UserError(f"{word} is a path here: say folder:{word} for the folder, or hf:{word} for the hub")
    found = hub.address(word if word.startswith(hub.HUB) else hub.HUB + word)
    if found is None or found.revision:
        raise UserError(f"{word!r} names a revision: what is pushed becomes the newest state of OWNER/NAME")
    return found


def to_hub(parcel: Parcel, found: Address, *, public: bool, message: str, report: Told) -> str:
    """Make one commit of all files; the repository is made if it is not there.

    What an earlier push left and the run does not have any more, such as names, is taken away.

    Args:
        parcel: What goes.
        found: The repository.
        public: Whether everybody may see it.
        message: Of the commit.
        report: Called with one line for what is not as it was asked.

    Returns:
        The address of the commit.

    Raises:
        UserError: It is public and was not said to be, holds something else, or the hub refuses it.
    """
    api, name = hub.client(), found.repository
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # it is there

    with hub.explained(found):
        there = _there(found)
        if there is None:
            api.create_repo(name, private=not public, exist_ok=True)
            before: set[str] = set()
        else:
            before = {file.rfilename for file in there.siblings or []}
            _admit(found, before, bool(there.private), public, report)
        files = dict(parcel.files)
        if CARD in before and not parcel.edited and not _ours(found, there.sha if there else None):
            del files[CARD]
            report(f"the {CARD} of {name} was changed there: it is kept")
        adding = [
            CommitOperationAdd(path, content if isinstance(content, bytes) else str(content))
            for path, content in files.items()
        ]
        gone = [CommitOperationDelete(path) for path in ALWAYS if path in before and path not in parcel.files]
        try:
            return api.create_commit(name, [*adding, *gone], commit_message=message).commit_url
        except ValueError as error:
            raise UserError(f"the hub does not take it: {' '.join(str(error).split())[:200]}") from None


def _there(found: Address):  # noqa: ANN202  (a class of the hub's client)
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        return hub.client().model_info(found.repository)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:  # or it is not for this user to see: making it will tell
        return None


def _admit(found: Address, before: set[str], private: bool, public: bool, report: Told) -> None:
    """Make sure that a repository that is there may be changed by this push."""
    name = found.repository
    if not private and not public:
        raise UserError(f"{name} is public: add --public if everybody may see this run, or choose another name")
    if private and public:
        report(f"{name} is private and stays so: its settings on the hub change that")
    foreign = before - {".gitattributes", CARD}
    if foreign and CONFIG not in before:
        raise UserError(f"{name} holds something else, such as {min(foreign)}: choose another name")


def _ours(found: Address, revision: str | None) -> bool:
    """Whether the model card of a repository is as it was pushed."""
    path = hub.client().hf_hub_download(found.repository, CARD, revision=revision)
    text = Path(path).read_text("utf-8", errors="replace")
    return not text.strip() or modelcard.is_ours(text)


def to_folder(parcel: Parcel, folder: Path, *, report: Told) -> str:
    """Write all files to a folder: under a temporary name, then renamed.

    Args:
        parcel: What goes.
        folder: A folder that is not there, is empty, or was written by this before.
        report: Called with one line for what is not as it was asked.

    Returns:
        The folder.

    Raises:
        UserError: It holds something else, or cannot be written.
    """
    files = dict(parcel.files)
    before = _before(folder, parcel)
    if CARD in before and not parcel.edited:
        text = (folder / CARD).read_text("utf-8", errors="replace")
        if text.strip() and not modelcard.is_ours(text):
            files[CARD] = text.encode()
            report(f"the {CARD} of {folder} was changed there: it is kept")
    temporary, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{word}") for word in ("part", "old"))
    try:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                shutil.copyfile(content, path)
        if folder.is_dir():
            folder.rename(old)
        try:
            temporary.rename(folder)
        except OSError:
            with suppress(OSError):
                old.rename(folder)
            raise
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror or error}; what was there is kept") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return str(folder)


def _before(folder: Path, parcel: Parcel) -> set[str]:
    """The files that a folder holds.

    Raises:
        UserError: It is no folder, or nothing that this might have written.
    """
    if not os.path.lexists(folder):
        return set()
    if folder.is_symlink() or not folder.is_dir():
        raise UserError(f"{folder} is there already and is no folder: choose another")
    before = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    foreign = sorted(before - set(parcel.files) - set(ALWAYS))
    if foreign or (before and CONFIG not in before):
        raise UserError(f"{folder} holds something else, such as {min(foreign or before)}: choose another folder")
    return before
