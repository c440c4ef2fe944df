"""The one error that means: the user can put this right."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something the user asked for cannot be done; the message says what would work.

    The command line prints it in one line and exits with status 2. Every other exception is a
    bug and keeps its traceback.
    """


def unknown(what: str, name: str, known: Iterable[str]) -> UserError:
    """Error for a name that nothing answers to, with the nearest spelling and all known names."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return UserError(f"no {what} named {name!r}{hint} Known: {', '.join(names) or 'none'}")
