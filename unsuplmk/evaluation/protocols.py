"""The published ways to judge landmarks by annotated points, as data: what each measures, and what with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from unsuplmk.errors import UserError, unknown

IMM = "Jakab et al. 2018, https://arxiv.org/abs/1806.07823"
AUTOLINK = "He et al. 2022 (AutoLink), https://arxiv.org/abs/2205.10636"


@dataclass(frozen=True)
class Protocol:
    """One way to judge.

    Args:
        name: For the command line.
        title: What it is for.
        variant: as published; corrected, where the released code measures something odd; or how else it differs.
        source: Where it was published.
        words: What exactly is measured, in one sentence.
        points: The annotated points that it needs, in its order; none for any.
        splits: The images of the published figures.
        normalise: What 100 % of error is; see `unsuplmk.evaluation.normalise`.
        intercept: Whether the headline's linear map has a constant term.
        measure: Of a point in an image: `distance`; `within`, 100 if the distance is at most `threshold`; or
            `absolute`, the sum of the errors in x and y.
        combine: Into the headline: `all`, the mean over all points of all images; `points`, the mean over points of
            each point's mean; `sum`, the sum over points of it; `column`, the mean over the groups of `column`.
        figure: What the headline is called.
        better: Whether a good headline is low or high.
        threshold: For `within`, in the unit of the distance.
        pixels: Pixels of the stored image to one px of the distance.
        joints: Further figures, each the mean over some of the points.
        column: The column of the annotations whose groups weigh the same.
        swap: Pairs of points that change places if the image's mean distance is then smaller, when fitting and when
            judging.
        beyond: Training images whose mean residual is more than so many standard deviations above the mean are
            dropped, and the map is fitted again; 0 to keep all.
        held_out: Share of the training images, the last by name, that the map is not fitted on.
        changes: What the user changed.
    """

    name: str
    title: str
    variant: str
    source: str
    words: str
    points: tuple[str, ...] = ()
    splits: str = ""
    normalise: str = "px"
    intercept: bool = True
    measure: Literal["distance", "within", "absolute"] = "distance"
    combine: Literal["all", "points", "sum", "column"] = "all"
    figure: str = "error"
    better: Literal["lower", "higher"] = "lower"
    threshold: float = 0.0
    pixels: float = 1.0
    joints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    column: str = ""
    swap: tuple[tuple[int, int], ...] = ()
    beyond: float = 0.0
    held_out: float = 0.0
    changes: tuple[str, ...] = ()

    def changed(self, normalise: str | None = None, intercept: bool | None = None) -> Protocol:
        """With another normaliser or headline; `changes` says so, as the figures are no longer the published ones."""
        new = {"normalise": normalise, "intercept": intercept}
        new = {key: value for key, value in new.items() if value is not None and value != getattr(self, key)}
        said = () if self.name == PLAIN.name else tuple(f"{k} {v} for {getattr(self, k)}" for k, v in new.items())
        return replace(self, **new, changes=(*self.changes, *said))

    def names(self, annotated: tuple[str, ...]) -> tuple[str, ...]:
        """What the annotated points are called: by the protocol where it names them, else as they are.

        Raises:
            UserError: As `order`.
        """
        called = dict(zip(self.order(annotated), self.points, strict=False))
        return tuple(called.get(index, name) for index, name in enumerate(annotated))

    def augmented(self, copies: int) -> Protocol:
        """Fitted on changed copies of the training images, too: so are none of the published figures."""
        if not copies or self.name == PLAIN.name:
            return self
        return replace(self, changes=(*self.changes, f"{copies} changed copies of each training image"))

    def order(self, annotated: tuple[str, ...]) -> list[int]:
        """Where each of the protocol's points is among the annotated ones, by name, or all of them by number.

        Raises:
            UserError: Number or names do not match.
        """
        if not self.points:
            return list(range(len(annotated)))
        for known in ([_bare(point) for point in self.points], [str(i) for i in range(len(self.points))]):
            found = {_bare(point): index for index, point in enumerate(annotated)}
            if len(annotated) == len(found) and sorted(found) == sorted(known):
                return [found[point] for point in known]
        raise UserError(
            f"protocol {self.name} needs {len(self.points)} points, {_short(self.points)}, as columns <name>_x, "
            f"<name>_y or numbered in that order; there are {len(annotated)}: {_short(annotated)}"
        )


def _bare(point: str) -> str:
    return point.lower().translate(str.maketrans("", "", "_- "))


def _short(points: tuple[str, ...]) -> str:
    return ", ".join(points if len(points) <= 15 else (*points[:3], "...", points[-1])) or "none"


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


FACE = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
BODY = ("head", "right_wrist", "left_wrist", "right_elbow", "left_elbow", "right_shoulder", "left_shoulder")
BIRD = (
    *("back", "beak", "belly", "breast", "crown", "forehead", "left_eye", "left_leg", "left_wing", "nape"),
    *("right_eye", "right_leg", "right_wing", "tail", "throat"),
)
PLAIN = Protocol(
    name="plain",
    title="any points",
    variant="ours",
    source="",
    words="Mean distance between mapped and true points, over all annotated points of all test images.",
)
_MAFL = Protocol(
    name="mafl",
    title="MAFL",
    variant="as published",
    source=IMM,
    words="Mean distance over points and images in % of the distance between the eyes, of a linear map without "
    "intercept (origin: the image's top-left corner) that is fitted on all training images but the last 10 % by name.",
    points=FACE,
    splits="19,000 training images (1,900 held out), 1,000 test images",
    normalise="0,1",
    intercept=False,
    held_out=0.1,
)
_WITH = _MAFL.words.replace("without intercept (origin: the image's top-left corner)", "with intercept")
_AFLW = "10,122 training images (the last 10 % held out), 2,991 test images; MTFL has 2,995"
_300W = Protocol(
    name="300w",
    title="68-point faces (300-W)",
    variant="as published",
    source="Sagonas et al. 2013, https://doi.org/10.1109/ICCVW.2013.59",
    words="Mean distance over 68 points and images in % of the distance between the outer corners of the eyes "
    "(iBUG points 36 and 45), of a linear map without intercept.",
    points=_numbers(68),
    normalise="36,45",
    intercept=False,
)
_BBC = Protocol(
    name="bbc",
    title="BBC Pose",
    variant="as published",
    source=IMM,
    words="Share of points at most 6 px off after annotations and predictions are halved, 0.5 (x - 1) + 1 (so 12 px "
    "of the annotated image), for each kind of joint and as the mean over 7 points, of a linear map without intercept.",
    points=BODY,
    splits="videos 1-10 train, 11-15 validation, 1,000 test frames",
    intercept=False,
    measure="within",
    combine="points",
    figure="within",
    better="higher",
    threshold=6.0,
    pixels=2.0,
    joints={"head": BODY[:1], "wrists": BODY[1:3], "elbows": BODY[3:5], "shoulders": BODY[5:]},
)
_HUMAN = Protocol(
    name="human36m",
    title="simplified Human3.6M",
    variant="as published",
    source="Zhang et al. 2018, https://arxiv.org/abs/1804.04412; as measured by later released code",
    words="Mean distance in % of the image's side, averaged over activities, each test image against the better of "
    "its label and its label with left and right swapped; the linear map without intercept is fitted likewise, "
    "then again without training images more than 3 sd above the mean residual.",
    points=_numbers(32),
    splits="subjects 1, 5, 6, 7, 8, 9 train, 11 test; directions, discussion, greeting, posing, waiting, walking",
    normalise="size",
    intercept=False,
    combine="column",
    figure="over_activities",
    column="activity",
    swap=(*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24))),
    beyond=3.0,
)
_TAICHI = Protocol(
    name="taichi",
    title="Tai-Chi-HD",
    variant="as published",
    source=AUTOLINK,
    words="Sum over 18 points of the mean absolute error in x plus that in y (36 regressions with intercept), in "
    "pixels of the stored image, missing points skipped; the papers call it a summed L2 distance of 256 px images.",
    points=_numbers(18),
    measure="absolute",
    combine="sum",
    figure="summed",
)
_CUB = Protocol(
    name="cub",
    title="CUB birds",
    variant="as published",
    source="Lorenz et al. 2019, https://arxiv.org/abs/1903.06946",
    words="Mean distance over all visible points in % of the longer side of the stored image (the crop), of a linear "
    "map with intercept for each point, fitted where it is visible; AutoLink's released code fits without intercept.",
    points=BIRD,
    normalise="size",
)
_ALL = (
    PLAIN,
    _MAFL,
    replace(_MAFL, name="mafl-intercept", variant="with intercept", intercept=True, words=_WITH),
    replace(_MAFL, name="aflw", title="AFLW", splits=_AFLW),
    replace(
        _MAFL, name="aflw-intercept", title="AFLW", splits=_AFLW, variant="with intercept", intercept=True, words=_WITH
    ),
    _300W,
    replace(
        _300W,
        name="300w-pupils",
        variant="other normaliser",
        normalise="+".join(map(str, range(36, 42))) + "," + "+".join(map(str, range(42, 48))),
        words="As 300w, in % of the distance between the centres of the eyes (means of points 36-41 and 42-47).",
    ),
    replace(
        _300W,
        name="300w-box",
        variant="other normaliser",
        normalise="box",
        words="As 300w, in % of the diagonal of the box around the true points.",
    ),
    _BBC,
    replace(
        _BBC,
        name="bbc-corrected",
        variant="corrected",
        pixels=1.0,
        words="Share of points at most 6 px of the annotated image off, for each kind of joint and as the mean over "
        "7 points, of a linear map without intercept.",
    ),
    _HUMAN,
    replace(
        _HUMAN,
        name="human36m-corrected",
        variant="corrected",
        swap=(),
        beyond=0.0,
        words="Mean distance in % of the image's side, averaged over activities, of a linear map without intercept "
        "fitted on all training images, each image against its own label.",
    ),
    _TAICHI,
    replace(
        _TAICHI,
        name="taichi-corrected",
        variant="corrected",
        measure="distance",
        combine="points",
        figure="over_points",
        words="Mean over 18 points of the mean Euclidean distance in pixels of the stored image, missing points "
        "skipped, of a linear map with intercept.",
    ),
    _CUB,
)


def protocols() -> tuple[Protocol, ...]:
    """All of them, the plain one first."""
    return _ALL


def protocol(name: str, among: Iterable[Protocol] = _ALL) -> Protocol:
    """A protocol by name.

    Raises:
        UserError: There is none of that name.
    """
    known = {one.name: one for one in among}
    if name not in known:
        raise unknown("protocol", name, known)
    return known[name]
