"""Runs that others share: what `hf:OWNER/NAME` means, and the folder it is fetched into."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from unsuplmk.errors import UserError
from unsuplmk.sharing import scrub

if TYPE_CHECKING:
    from huggingface_hub import HfApi

HUB, FOLDER = "hf:", "folder:"
"""How an address on the hub and one of a folder begin."""
NEEDED = ("config.toml", "model.safetensors", "names.json")
"""Files of a repository that a detector reads; the last is there where landmarks have names."""
USED = ("crop", "encoder", "bottleneck", "generator")
"""Tables of a config whose parts are built to find landmarks, and may open files that their options name."""
CLIENT = frozenset({"huggingface_hub", "hf_xet", "httpx", "httpx2", "httpcore", "httpcore2"})
"""Packages whose exceptions are answers of the hub or of the network, not faults of ours."""
LOGIN = "log in with `hf auth login`, or set HF_TOKEN"

_fetched: dict[Path, str] = {}
"""The address that each folder in the cache was asked for by."""


@dataclass(frozen=True)
class Address:
    """A repository on the hub.

    Args:
        repository: OWNER/NAME.
        revision: A branch, a tag or a commit; empty for the newest state.
    """

    repository: str
    revision: str = ""

    def __str__(self) -> str:
        return f"{HUB}{self.repository}{'@' if self.revision else ''}{self.revision}"


def address(run: str | Path) -> Address | None:
    """The address that begins with `hf:`; None of anything else.

    Raises:
        UserError: What follows is not OWNER/NAME or OWNER/NAME@REVISION.
    """
    text = str(run)
    if not text.startswith(HUB):
        return None
    word = r"[A-Za-z0-9][\w.-]*"
    found = re.fullmatch(rf"({word}/{word})(?:@([\w./-]+))?", text.removeprefix(HUB), re.ASCII)
    if not found:
        raise UserError(f"{text!r} is no repository on the hub: write hf:OWNER/NAME, or hf:OWNER/NAME@REVISION")
    return Address(found[1], found[2] or "")


def resolve(run: str | Path) -> Path:
    """The folder of a run: as given, or of `hf:OWNER/NAME[@REVISION]` in the hub's cache, fetched if need be.

    In one process an address means the same state all the time.

    Raises:
        UserError: The address is malformed, or the repository cannot be had or holds no detector.
    """
    found = address(run)
    if found is None:
        return Path(str(run).removeprefix(FOLDER)).expanduser()
    return fetch(found)


def writable(run: str | Path) -> Path:
    """As `resolve`, of a run that something is to be put into.

    Raises:
        UserError: It is on the hub.
    """
    if address(run) is not None:
        raise UserError(
            f"{run} is on the hub and is not changed from here: `unsuplmk pull {run} --out RUN`, then use RUN"
        )
    return resolve(run)


@cache
def fetch(found: Address, files: tuple[str, ...] = NEEDED) -> Path:
    """Some files of a repository; others are not asked for.

    Args:
        found: The repository.
        files: What to fetch, as far as it is there.

    Raises:
        UserError: It cannot be had, or lacks what every detector has.
    """
    api = client()
    with explained(found):
        revision = found.revision or None
        folder = Path(api.snapshot_download(found.repository, revision=revision, allow_patterns=list(files)))
    check(folder, str(found))
    _fetched[folder] = str(found)
    return folder


def told(path: str | Path) -> str:
    """What to call a run, or a file in it, in a message: by its address if it was fetched, not by its place here."""
    for folder, run in _fetched.items():
        if Path(path).is_relative_to(folder):
            within = Path(path).relative_to(folder)
            return f"{within.as_posix()} of {run}" if within.parts else run
    return str(path)


def check(folder: Path, source: str) -> None:
    """Make sure that a folder of somebody else's has what a detector needs, and that its config opens no other files.

    Args:
        folder: It.
        source: What to call it.

    Raises:
        UserError: It has not, or its config does.
    """
    for name in NEEDED[:2]:
        if not (folder / name).is_file():
            made = "one that `unsuplmk push` made has it"
            raise UserError(f"{source} is no detector of unsuplmk: it has no {name}; {made}")
    try:
        config = tomllib.loads((folder / NEEDED[0]).read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())[:160]
        raise UserError(f"{source} is no detector of unsuplmk: its {NEEDED[0]} cannot be read: {why}") from None
    odd = next(scrub.outside({part: config.get(part) for part in USED}), "")
    if odd:
        better = "ask its owner to share it by `unsuplmk push`"
        raise UserError(f"{source}: its config names a file elsewhere, {odd}, which is not opened; {better}")


def client() -> HfApi:
    """What speaks with the hub at HF_ENDPOINT, as the user who is logged in.

    Raises:
        UserError: huggingface_hub is not installed.
    """
    from unsuplmk import __version__

    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise UserError(f"the hub needs huggingface_hub ({error}): pip install 'huggingface_hub>=1.0'") from None
    return HfApi(library_name="unsuplmk", library_version=__version__)


@contextmanager
def explained(found: Address) -> Iterator[None]:
    """Within, an exception of the hub's client becomes one line that says what would work.

    Raises:
        UserError: With that line.
    """
    try:
        yield
    except Exception as caught:
        cause = caught.__cause__  # an upload that failed says no more itself than that
        error = cause if isinstance(caught, RuntimeError) and isinstance(cause, Exception) else caught
        if not isinstance(error, OSError) and not CLIENT & {c.__module__.partition(".")[0] for c in type(error).mro()}:
            raise
        raise UserError(_reason(found, error)) from None


def _reason(found: Address, error: Exception) -> str:
    from huggingface_hub import constants, errors

    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, errors.HfHubHTTPError):
        error = error.__cause__  # what the hub said before the cache was looked at
    where, name = constants.ENDPOINT, found.repository
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if isinstance(error, errors.GatedRepoError):
        return f"{name} is for those who accepted its terms: accept them at {where}/{name}, then {LOGIN}"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"no repository {name} at {where} that you may see: check the spelling; if it is private, {LOGIN}"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{name} has no branch, tag or commit {found.revision!r}: leave out what follows @ for its newest state"
    if status == 401:
        return f"{where} does not know you: {LOGIN}"
    if status == 403:
        return f"you may not do that with {name}: take an owner that is yours, or a token that may write"
    if isinstance(error, OSError) and error.errno and not isinstance(error, ConnectionError):
        return f"{name} cannot be put into the cache {constants.HF_HUB_CACHE}: {error.strerror}; HF_HOME sets another"
    if constants.HF_HUB_OFFLINE:
        return (
            f"{name} is not in the cache {constants.HF_HUB_CACHE} as a whole, and HF_HUB_OFFLINE is set: unset it, or "
            "give the folder of a run"
        )
    why = " ".join(str(error.__cause__ or error).split())[:200] or type(error).__name__
    if status:
        return f"{where} could not do that with {name}: {why}; try again later"
    return f"{name} at {where} cannot be had, nor is it in the cache as a whole: {why}. Is there a network?"
