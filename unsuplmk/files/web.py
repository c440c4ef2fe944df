"""One request to a web server, and what its answer says; what another try may mend is told from what it may not."""

from __future__ import annotations

import http.client
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from unsuplmk.errors import UserError

TIMEOUT = 60.0
"""Seconds after which a server that says nothing counts as gone."""
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that mean: later."""


class BrokenError(Exception):
    """The connection failed in a way that another try may mend.

    Args:
        text: What happened.
        unreachable: Whether there was no connection at all.
    """

    def __init__(self, text: str, *, unreachable: bool = False) -> None:
        super().__init__(text)
        self.unreachable = unreachable


@dataclass(frozen=True)
class ContentRange:
    """What a Content-Range says; -1 where it does not.

    Args:
        start: The first byte of what is sent.
        size: Bytes of the whole.
    """

    start: int
    size: int

    @classmethod
    def of(cls, answer: Any) -> ContentRange:
        """As the answer's header has it."""
        found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", answer.headers.get("Content-Range", ""))
        start, size = found.groups() if found else (None, "*")
        return cls(int(start) if start else -1, -1 if size == "*" else int(size))


def ask(url: str, headers: dict[str, str], method: str = "GET") -> Any:
    """The answer to a request: of status 200, 206 or 416.

    Raises:
        BrokenError: There is no connection, it broke, or the server is busy.
        UserError: The server does not give the file.
    """
    host, scheme = urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise UserError(f"cannot fetch {url}: only http and https are known")
    sent = {"User-Agent": "unsuplmk", "Accept-Encoding": "identity", **headers}
    try:
        return _opener().open(urllib.request.Request(url, headers=sent, method=method), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return error
        error.close()
        answer = f"the server answers {error.code} {error.reason}"
        if error.code in RETRIED:
            raise BrokenError(answer) from None
        raise UserError(f"cannot fetch {url}: {answer}; its owner may have moved it") from None
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise UserError(f"cannot fetch {url}: its certificate is not valid: {reason.verify_message}") from None
        if isinstance(reason, str):  # a redirection to ftp, say
            raise UserError(f"cannot fetch {url}: {reason}") from None
        why = getattr(reason, "strerror", None) or reason
        raise BrokenError(f"{host} cannot be reached: {why}; is there a network?", unreachable=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise BrokenError(_broke(error)) from None


def read(answer: Any, most: int) -> bytes:
    """The next bytes of an answer; none at its end, or where it was cut off without a word.

    Raises:
        BrokenError: The connection broke.
    """
    try:
        return answer.read(most)
    except (OSError, http.client.HTTPException) as error:
        raise BrokenError(_broke(error)) from None


def length(answer: Any) -> int:
    """How many bytes are sent; 0 where the server does not say."""
    return int(answer.headers.get("Content-Length") or 0)


def validator(answer: Any) -> str:
    """What If-Range may ask for: a strong ETag, or else the time of the last change; empty without either."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def is_page(answer: Any) -> bool:
    """Whether it is a page for a person: a login, a question, an apology."""
    return answer.headers.get_content_type() == "text/html"


def _broke(error: Exception) -> str:
    return f"the connection broke: {getattr(error, 'strerror', None) or error or type(error).__name__}"


def _opener() -> urllib.request.OpenerDirector:
    """Knows http, https, redirections among them and proxies; not ftp or files, which urllib's own would follow to."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
