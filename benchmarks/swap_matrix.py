"""Which installed parts do not go together, as tables in Markdown: nothing is trained, and nothing is fetched.

    python benchmarks/swap_matrix.py > matrix.md

`tests/test_matrix.py` trains what is admitted here, and shows that the rest would not have worked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.model import Model
from unsuplmk.training.combination import check

FULL = {"pairs": "warped", "bottleneck": "density", "generator": "renderer"}
"""Parts that give all that another may need."""
LANDMARKS = 2


def main() -> None:
    """Print how many combinations there are, what each part does not go with, and what is said."""
    kinds = ("bottleneck", "generator", "loss")
    verdicts = [refusal(dict(zip(kinds, names, strict=True))) for names in product(*map(names_of, kinds))]
    encoders = len(names_of("encoder"))  # any of them goes with everything
    counts = Counter({"refused": encoders * sum(map(bool, verdicts)), "all": encoders * len(verdicts)})
    sizes = " x ".join(f"{len(names_of(kind))} {plural(kind)}" for kind in ("encoder", *kinds))
    print(
        f"{sizes} are {counts['all']} combinations, on pairs by `warped` and with one loss each: "
        f"{counts['all'] - counts['refused']} train, {counts['refused']} are refused.\n"
    )
    rows = list(conflicts())
    print("| part | does not go with |\n|---|---|")
    for part in dict.fromkeys(part for part, _, _ in rows):
        others = "; ".join(f"`--{kind}` {listed(rows, part, kind)}" for kind in FULL if listed(rows, part, kind))
        print(f"| {part} | {others} |")
    print("\n| command line | what is said |\n|---|---|")
    for part, kind, name in first_of_each(rows):
        print(f"| {part} `--{kind} {name}` | {refusal(chosen(part, kind, name))} |")


def conflicts() -> Iterator[tuple[str, str, str]]:
    """Each loss and generator, with the kind and the name of a part that it does not go with."""
    for asker in ("loss", "generator"):
        for name in names_of(asker):
            for kind in FULL:
                if kind != asker:
                    others = (o for o in names_of(kind) if refusal({asker: name, kind: o}))
                    yield from ((f"`--{asker} {name}`", kind, other) for other in others)


def refusal(parts: Mapping[str, str]) -> str:
    """What is said about a combination; nothing if it is admitted."""
    names = {**FULL, **parts}
    bottleneck = built("bottleneck", names["bottleneck"], LANDMARKS)
    model = Model(
        built("encoder", "convnet", LANDMARKS), bottleneck, built("generator", names["generator"], bottleneck.maps)
    )
    losses = {name: registry.find("loss", name).cls for kind, name in parts.items() if kind == "loss"}
    try:
        check(built("pairs", names["pairs"]), model, losses)
    except UserError as error:
        return str(error)
    return ""


@cache
def built(kind: str, name: str, *wired: int) -> Any:
    """A part with its default options."""
    return registry.build(kind, name, *wired)


def names_of(kind: str) -> tuple[str, ...]:
    """Names of the installed parts of a kind."""
    return tuple(registry.components(kind))


def plural(kind: str) -> str:
    """The word for several."""
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def listed(rows: list[tuple[str, str, str]], part: str, kind: str) -> str:
    """The names of a kind that a part does not go with."""
    return ", ".join(name for p, k, name in rows if (p, k) == (part, kind))


def chosen(part: str, kind: str, name: str) -> dict[str, str]:
    """A row of the conflicts as names by kind."""
    asker, asking = part.strip("`-").split()
    return {asker: asking, kind: name}


def first_of_each(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """One row for each thing that may be lacking."""
    seen: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        lack = refusal(chosen(*row)).partition(", ")[0].split(maxsplit=2)[2]  # less the name of who asks
        seen.setdefault(lack, row)
    return list(seen.values())


if __name__ == "__main__":
    main()
