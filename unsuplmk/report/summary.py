"""Sections of a report that need nothing but the run folder: what was trained, its curves, what the log warns of."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from math import isfinite

import tomli_w

from unsuplmk.config import PARTS, RECORDS
from unsuplmk.frames.media import read_image
from unsuplmk.frames.sources import GIVEN
from unsuplmk.hosting import machine
from unsuplmk.report.blocks import Block, Bullets, Chart, Charts, Code, Picture, Pictures, Section, Table, Text
from unsuplmk.report.records import HEALTH, Records

TITLES = {
    "loss": "loss, the weighted sum",
    "learning_rate": "learning rate",
    "images/s": "pairs a second",
    "spread": "spread, % of the side",
    "dead": "landmarks that do not move",
    "merged": "landmarks that lie on another",
    "border": "landmarks at the border, %",
    "agreement": "off under a known warp, % of the side",
}
"""Of charts; a loss is called as it is."""
SHEETS = 3
"""Contact sheets that are shown."""


def summary(run: Records, frames: str, shown: str) -> Section:
    """What was trained, on what, for how long, under which versions.

    Args:
        run: The records.
        frames: How many it was trained on, in words; empty if that is not known.
        shown: Which frames the report shows; empty for none.
    """
    config = run.config
    parts = {kind: config[kind] for kind in PARTS if isinstance(config.get(kind), dict)}
    asked = int(run.number("steps", 0.0))
    asked_for = "asked for: {}, processes: {}, precision {}; what it ran on was not recorded".format(
        *(config.get(key) for key in ("device", "devices", "precision"))
    )
    rows = {
        "data": ", ".join(filter(None, (str(config.get("data")), frames))),
        "shown here": shown,
        "landmarks": str(config.get("landmarks")),
        "image": f"{config.get('size')} x {config.get('size')} px, frames made square by {config.get('fit')}",
        "steps": f"{run.steps:,} of {asked:,}, of {config.get('batch')} pairs each",
        "time": span(run.seconds),
        "device": machine.told(config) or asked_for,
        "seed": str(config.get("seed")),
        **{kind: str(table["name"]) for kind, table in parts.items() if "name" in table},
        "losses": ", ".join(f"{weight_of(run, name)} x {name}" for name in parts.get("loss", {})),
        "augmentation": str(config.get("augment") or "none"),
        "versions": ", ".join(f"{name} {version}" for name, version in (config.get("versions") or {}).items()),
        "plugins": ", ".join(f"{part} of {brought}" for part, brought in (config.get("plugins") or {}).items())
        or "none",
    }
    files, where = ("DATA ", ", with files in place of DATA") if str(config.get("data")).startswith(GIVEN) else ("", "")
    folder, other = (shlex.quote(f"{run.folder}{more}") for more in ("", "-again"))
    again = f"unsuplmk run {files}--config {folder} --out {other}"
    table = Table((), tuple((name, text) for name, text in rows.items() if text), numbers=False)
    return Section("What was trained", (table, Text(f"The command that repeats it{where}:"), Code(again)))


def settings(run: Records) -> Section:
    """The whole config, to be saved as a file where the run folder is not at hand."""
    text = tomli_w.dumps({key: value for key, value in run.config.items() if key not in RECORDS})
    how = Text("Saved as settings.toml, they train again: unsuplmk run --config settings.toml")
    return Section("All settings", (how, Code(text.rstrip())))


def curves(run: Records) -> Section | None:
    """The figures of the log over the steps, drawn and in numbers."""
    losses = run.losses
    others = [name for name in run.names() if name not in (*losses, *HEALTH, "images/s")]
    named = [*losses, *(name for name in HEALTH if name in run.names()), *others]
    if not named:
        return None
    drawn = [name for name in named if len(run.series(name)[0]) > 1]
    charts = tuple(chart(name, {name: run.series(name)}) for name in drawn)
    blocks: list[Block] = [*((Charts(charts),) if charts else ()), _ends(run, named)]
    if run.broken:
        blocks.append(Text(f"{run.broken} line(s) of the log cannot be read and are left out."))
    return Section("Curves", tuple(blocks))


def chart(name: str, series: Mapping[str, tuple[list[float], list[float]]]) -> Chart:
    """A figure of the log over the steps, of one run or of several."""
    return Chart(TITLES.get(name, name), series, linear=name == "learning_rate")


def _ends(run: Records, names: list[str]) -> Table:
    rows = []
    for name in names:
        steps, values = run.series(name)
        known = [(value, step) for step, value in zip(steps, values, strict=True) if isfinite(value)]
        if known:
            least, step = min(known)
            rows.append((TITLES.get(name, name), brief(known[0][0]), brief(known[-1][0]), brief(least), f"{step:,.0f}"))
    head = ("figure", "first", "last", "least", "at step")
    return Table(head, tuple(rows), "Each loss stands before its weight, a mean over the steps of a line of the log.")


def warnings(run: Records) -> Section | None:
    """What the log warns of."""
    lines = tuple(f"step {step:,}: {text}" for step, text in run.warnings)
    return Section("Warnings while it was trained", (Bullets(lines),)) if lines else None


def previews(run: Records) -> Section | None:
    """Contact sheets of training: the first, one in the middle, the last."""
    found = run.previews()
    chosen = sorted({0, len(found) // 2, len(found) - 1}) if found else []
    told = "source, target with landmarks, heatmaps, reconstruction"
    pictures = tuple(
        Picture(read_image(path), f"Contact sheet at step {step:,}, a row for each pair: {told}", f"step {step:,}")
        for step, path in (found[number] for number in chosen[-SHEETS:])
    )
    if not pictures:
        return None
    return Section(
        "Pictures of training", (Text(f"The same frames at every step; columns: {told}."), Pictures(pictures))
    )


def trouble(run: Records) -> Iterator[str]:
    """What speaks against the run at first sight."""
    asked = int(run.number("steps", 0.0))
    if not run.lines:
        yield "The log holds no figures: nothing is known of the training."
    elif run.steps < asked:
        yield f"Training stopped after {run.steps:,} of {asked:,} steps."


def weight_of(run: Records, loss: str) -> str:
    """The weight of a loss as it stands in the config."""
    table = run.config["loss"][loss]
    return f"{table.get('weight', 1.0):g}" if isinstance(table, dict) else "1"


def span(seconds: float) -> str:
    """A time as one says it."""
    if not isfinite(seconds):
        return "not known: the log says no pace"
    minutes, hours = seconds / 60, seconds / 3600
    said = f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if hours < 2 else f"{hours:.1f} h"
    return f"{said}, by the pace in the log"


def brief(value: float) -> str:
    """A figure in four digits; nothing for what does not exist."""
    return f"{value:.4g}" if isfinite(value) else ""
