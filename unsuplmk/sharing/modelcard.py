"""The model card: README.md of a run that is shared, from what the run's own files say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from unsuplmk.hosting import machine
from unsuplmk.naming.named import NAMES
from unsuplmk.report.records import METRICS, figures

CARD = "README.md"
_SEAL = re.compile(r"\n<!-- written by unsuplmk push, ([0-9a-f]{64}): a text that was changed is kept -->\n\Z")
LIMITS = (
    "Landmarks were discovered without labels: each follows what helps to rebuild an image, which need not be a part "
    "that has a name.",
    "On objects that look alike from two sides, left and right may change places.",
    "They are right for objects, viewpoints and backgrounds like those of the training images; from another side, "
    "or where the object is hidden, a landmark is still given, somewhere.",
    "There are always as many landmarks as were asked for, and one object an image.",
    "The score says how sharp a landmark's heatmap is, not whether the landmark is right.",
)


def card(run: Path, config: Mapping[str, Any], where: str, licence: str) -> str:
    """The card, with a seal that tells whether somebody has changed it since.

    Args:
        run: The run folder: metrics.json and names.json are read if they are there.
        config: Its config as it is shared.
        where: What loads it: `hf:OWNER/NAME`, or a folder.
        licence: Its identifier; empty if none was stated.

    Raises:
        UserError: A file of figures is damaged.
    """
    measured, names = figures(run / METRICS), figures(run / NAMES)
    title = where.rpartition("/")[2].rpartition(":")[2]
    parts = [
        _front(config, licence),
        f"# {title}\n",
        f"{config['landmarks']} landmarks of images of {config['size']} px, discovered by unsuplmk without labels.\n",
        _section("How to use it", _use(where, names)),
        _section("What it was trained on", _table(_trained(config))),
        *([_section("Named points", _named(names))] if names else []),
        _section(
            "Figures", _figures(measured) if measured is not None else "It was not evaluated on annotated points.\n"
        ),
        _section("Limits", "".join(f"- {line}\n" for line in LIMITS)),
        _section("Versions", _table(dict(_mapping(config, "versions")) | dict(_mapping(config, "plugins")))),
    ]
    return _sealed("\n".join(parts))


def is_ours(text: str) -> bool:
    """Whether a card is as it was written, so that nothing is lost by writing it anew."""
    seal = _SEAL.search(text)
    return bool(seal) and seal[1] == _digest(text[: seal.start()])


def licence_of(text: str) -> str:
    """The licence that the front matter of a card states; empty if none."""
    found = re.match(r"---\n(?:(?!---\n).*\n)*?license: *([^\s#]+) *\n", text)
    return found[1] if found else ""


def _sealed(text: str) -> str:
    return f"{text}\n<!-- written by unsuplmk push, {_digest(text)}: a text that was changed is kept -->\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _front(config: Mapping[str, Any], licence: str) -> str:
    names = (str(_mapping(config, kind).get("name", "")) for kind in ("encoder", "bottleneck", "generator"))
    matter = {
        "library_name": "unsuplmk",
        "pipeline_tag": "keypoint-detection",
        **({"license": licence} if licence else {}),
        "tags": list(dict.fromkeys(["unsuplmk", "unsupervised", "landmarks", *filter(None, names)])),
    }
    return f"---\n{yaml.safe_dump(matter, sort_keys=False)}---\n"


def _use(where: str, names: Mapping[str, Any] | None) -> str:
    points, flag = (', points="named"', "") if names else ("", "")
    python = f"import unsuplmk\n\ndetector = unsuplmk.Detector.load({where!r})\n"
    python = python.replace("'", '"') + f'tracks = detector.predict("video.mp4"{points})\n'
    shell = f"unsuplmk predict {where} video.mp4 --out video.csv{flag}\n"
    return f"```python\n{python}```\n\n```sh\n{shell}```\n"


def _trained(config: Mapping[str, Any]) -> dict[str, Any]:
    losses = ", ".join(
        f"{table.get('weight', 1)} x {name}"
        for name, table in _mapping(config, "loss").items()
        if isinstance(table, Mapping)
    )
    kinds = ("crop", "pairs", "encoder", "bottleneck", "generator")
    return {
        "data": config.get("data", ""),
        "landmarks": config["landmarks"],
        "image": f"{config['size']} x {config['size']} px; other shapes: {config.get('fit', '')}",
        "steps": f"{config.get('steps', '')}, of {config.get('batch', '')} pairs each",
        "device": machine.told(config),
        **{kind: _mapping(config, kind).get("name", "") for kind in kinds},
        "losses": losses,
    }


def _named(names: Mapping[str, Any]) -> str:
    fitted = _mapping(names, "fitted")
    rows = {}
    for point in fitted.get("points") or []:
        if isinstance(point, Mapping):
            rows[point.get("name", "")] = f"{_number(point.get('error'))} px | {_number(point.get('constant'))} px"
    known = {name: rows.get(name, "|") for name in names.get("names") or []}
    text = (
        f"A linear map from all landmarks, fitted on {fitted.get('frames', 'some')} labelled frames. The error is the "
        "mean distance in frames that the map was not fitted on.\n\n| point | error | constant guess |\n"
        "|---|---|---|\n"
    )
    return text + "".join(f"| {_cell(name)} | {row} |\n" for name, row in known.items())


def _figures(measured: Mapping[str, Any]) -> str:
    protocol, head = _mapping(measured, "protocol"), measured.get("headline", "")
    found, between = _mapping(measured, "figures").get(head), _mapping(measured, "intervals").get(head)
    if not isinstance(found, Mapping):
        return "Its metrics.json is of another version.\n"
    constant = _mapping(measured, "figures").get("constant")
    level = f"{measured.get('interval_level', 95):g} %"
    rows = [f"| figure | value | {level} interval | constant guess |", "|---|---|---|---|"]
    for name, value in found.items():
        ends = between.get(name) if isinstance(between, Mapping) else None
        interval = " - ".join(map(_number, ends)) if isinstance(ends, list) and None not in ends else ""
        guess = _number(constant.get(name)) if isinstance(constant, Mapping) else ""
        rows.append(f"| {_cell(name)} | {_number(value)} | {interval} | {guess} |")
    changes = [f"Not as the protocol says: {_cell(change)}.\n" for change in protocol.get("changes") or []]
    if measured.get("ridge"):
        changes.append(f"The map is regularised by a ridge of {_cell(measured['ridge'])}.\n")
    name, title, variant, figure, words, better = (
        _cell(protocol.get(key, "")) for key in ("name", "title", "variant", "figure", "words", "better")
    )
    text = (
        f"Protocol {name}: {title}, {variant}. {figure}: {words} The {better} the better. A linear map was fitted on "
        f"{measured.get('train')} images and judged on {measured.get('test')}; distances in {measured.get('unit')}.\n\n"
    )
    return text + "".join(changes) + "\n".join(rows) + "\n"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"


def _table(rows: Mapping[str, Any]) -> str:
    return "| | |\n|---|---|\n" + "".join(f"| {_cell(k)} | {_cell(v)} |\n" for k, v in _shown(rows))


def _shown(rows: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in rows.items() if value != "")


def _cell(value: object) -> str:
    """A text in a table: on one line, without marks that mean something there."""
    return re.sub(r"([|<>`*_\[\]])", r"\\\1", " ".join(str(value).split()))


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) and isfinite(value) else ""


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}
