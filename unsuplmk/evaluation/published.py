"""What others published, as data with its sources, and our own figures beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from unsuplmk.errors import UserError, unknown

if TYPE_CHECKING:
    from rich.table import Table

OURS = "ours"
"""The method of a row that was measured here."""


@dataclass(frozen=True)
class Paper:
    """Where a figure was published.

    Args:
        authors: Family names, or who they are.
        year: Of publication.
        venue: Conference or journal.
        url: Of the paper.
    """

    authors: str
    year: int
    venue: str = ""
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One method's figures.

    Args:
        method: Its name.
        values: Column -> figure.
        paper: Where the method was published; none for ours.
        read_in: The paper that the figures were read in.
        trained_on: Training images; empty where not known.
        landmarks: How many; 0 where the method has none, or it is not known.
        supervised: Whether it was trained with annotated points.
        intercept: Whether the map from landmarks to points has a constant term.
        note: What else distinguishes the row.
        sd: Column -> standard deviation over repeats.
    """

    method: str
    values: Mapping[str, float]
    paper: Paper | None = None
    read_in: Paper | None = None
    trained_on: str = ""
    landmarks: int = 0
    supervised: bool = False
    intercept: bool = False
    note: str = ""
    sd: Mapping[str, float] = field(default_factory=dict)

    def words(self) -> str:
        """What distinguishes the row beside its numbers."""
        parts = ["labels" if self.supervised else "", self.note, "with intercept" if self.intercept else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Published:
    """A table of figures.

    Args:
        name: Of the table.
        title: What was measured.
        unit: Of the figures.
        better: Which figures are good.
        columns: Key of a column -> its title.
        protocols: Protocol of ours that measures the same -> the column; an empty one for a whole row.
        rows: The figures, in the order of the papers.
    """

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    columns: Mapping[str, str]
    protocols: Mapping[str, str]
    rows: tuple[Row, ...]


@cache
def tables() -> Mapping[str, Published]:
    """All published tables by name."""
    data = tomllib.loads(resources.files("unsuplmk").joinpath("published.toml").read_text("utf-8"))
    papers = {key: Paper(**values) for key, values in data["papers"].items()}
    found = {}
    for name, table in data["tables"].items():
        given = [dict(row) for row in table.pop("rows")]
        read_in = table.pop("read_in", "")
        rows = tuple(
            Row(**{**row, "paper": papers[row["paper"]], "read_in": papers[read_in or row["paper"]]}) for row in given
        )
        found[name] = Published(name, rows=rows, **{"protocols": {}, **table})
    return found


def published(name: str) -> Published:
    """A table by name.

    Raises:
        UserError: There is none.
    """
    if name not in tables():
        raise unknown("published table", name, tables())
    return tables()[name]


@dataclass(frozen=True)
class Comparison:
    """One of ours among the published figures of the same protocol, best first.

    Args:
        title: What was measured.
        unit: Of the figures.
        protocol: Of our figure.
        rows: With one figure each; ours is among them.
    """

    title: str
    unit: str
    protocol: str
    rows: tuple[tuple[Row, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        rows = [{**asdict(row), "values": value, "sd": None} for row, value in self.rows]
        for row in rows:
            row["value"] = row.pop("values")
            del row["sd"]
        return {"title": self.title, "unit": self.unit, "protocol": self.protocol, "rows": rows}

    def table(self) -> Table:
        """As a table for the terminal: ours is bold."""
        from rich.table import Table

        table = Table(title=f"{self.title}, protocol {self.protocol}", caption=self.unit)
        for column in ("method", "year", "K", "trained on", "figure", ""):
            table.add_column(column, justify="right" if column in ("K", "figure") else "left")
        for row, value in self.rows:
            cells = (str(row.paper.year) if row.paper else "", str(row.landmarks or ""), row.trained_on)
            table.add_row(row.method, *cells, f"{value:.2f}", row.words(), style="bold" if row.method == OURS else "")
        return table


def comparable(protocol: str) -> tuple[Published, str]:
    """The table and column that a protocol of ours is to be compared with.

    Raises:
        UserError: Nothing was published by that protocol.
    """
    known = []
    for table in tables().values():
        for name, column in table.protocols.items():
            if column and name == protocol:
                return table, column
            known += [name] if column else []
    raise UserError(f"no published figures for protocol {protocol!r}; compare by one of: {', '.join(sorted(known))}")


def compare(protocol: str, value: float, *, trained_on: str, landmarks: int, intercept: bool) -> Comparison:
    """Put a figure of ours among the published ones.

    Args:
        protocol: That it was measured by.
        value: The headline.
        trained_on: Our training images.
        landmarks: Of our detector.
        intercept: Whether our map has a constant term.

    Raises:
        UserError: Nothing was published by that protocol.
    """
    table, column = comparable(protocol)
    ours = Row(OURS, {column: value}, trained_on=trained_on, landmarks=landmarks, intercept=intercept)
    rows = [(row, row.values[column]) for row in (*table.rows, ours) if column in row.values]
    rows.sort(key=lambda pair: pair[1], reverse=table.better == "higher")
    title = table.title if len(table.columns) == 1 else f"{table.title}, {table.columns[column]}"
    return Comparison(title, table.unit, protocol, tuple(rows))
