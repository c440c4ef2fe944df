"""Plain text tables that come with data sets: read line by line, every fault named with file and line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unsuplmk.errors import UserError


@dataclass(frozen=True)
class Row:
    """The cells of one line.

    Args:
        path: The file.
        line: Its number, from 1.
        cells: What stands there.
    """

    path: Path
    line: int
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def number(self, cell: int) -> float:
        """A cell as a finite number.

        Raises:
            UserError: It is none.
        """
        try:
            value = float(self.cells[cell])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UserError(f"{self}: {self.cells[cell]!r} is not a number")
        return value

    def numbers(self, first: int = 0, last: int | None = None) -> list[float]:
        """Several cells as finite numbers.

        Raises:
            UserError: One is none.
        """
        return [self.number(cell) for cell in range(len(self.cells))[first:last]]

    def integer(self, cell: int) -> int:
        """A cell as a whole number.

        Raises:
            UserError: It is none.
        """
        value = self.number(cell)
        if not value.is_integer():
            raise UserError(f"{self}: {self.cells[cell]!r} is not a whole number")
        return int(value)


def rows(
    path: Path, *, cells: int | Sequence[int] = (), skip: int = 0, split: Callable[[str], list[str]] = str.split
) -> Iterator[Row]:
    """The lines of a text file, without empty ones, in cells.

    Args:
        path: The file, UTF-8.
        cells: How many cells a line must have; several numbers are alternatives, none allows any.
        skip: Lines of heading at the top.
        split: Makes cells of a line; at white space by default.

    Raises:
        UserError: The file is missing or no text, or a line has another number of cells.
    """
    counts = (cells,) if isinstance(cells, int) else tuple(cells)
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line, text in enumerate(file, 1):
                if line <= skip or not text.strip():
                    continue
                row = Row(path, line, tuple(split(text.rstrip("\n"))))
                if counts and len(row.cells) not in counts:
                    wanted = " or ".join(map(str, counts))
                    raise UserError(f"{row}: {len(row.cells)} cells where {wanted} are expected")
                yield row
    except FileNotFoundError:
        raise UserError(f"no file {path}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"cannot read {path}: it is no text in UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
