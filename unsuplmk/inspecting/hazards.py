"""What is likely to spoil a training, looked for in what a survey has measured; each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unsuplmk import registry
from unsuplmk.inspecting.survey import GAP, Survey, outside_of
from unsuplmk.interfaces import Dataset, PairSource

FEW = 300
"""Frames: with fewer, landmarks remember these pictures. The smallest sets that are known to work have some hundred."""
TINY = 24
"""Pixels of the shorter side: less than digits have, whose landmarks are good."""
BLANK = 3.0
"""Grey levels of standard deviation: a picture of less shows nothing; fog over snow has more."""
SAME = 0.06
"""Contrasts apart: consecutive frames of a video have less, strangers' faces 0.3 and more, two digits 1 over 0.1."""
SOME = 0.05
"""Share of the frames: fewer copies than this do no harm."""
STILL = 6.0
"""Grey levels: noise and compression stay below between frames of a scene that rests, and a moving limb changes 15."""
SMALL = 0.1
"""Share of the picture: an object in a smaller box has a third of the side, a few cells of the heatmap."""
ASPECT = 2.0
"""Times: mixed upright and lying pictures of 3 to 2 differ by 2.25."""
SIZES = 8.0
"""Times: photographs of one camera and their copies for the web differ by less."""
NAMED = 3
"""Frames that are named for a fault."""


@dataclass(frozen=True)
class Hazard:
    """Something that may spoil a training.

    Args:
        about: One word for it.
        text: What was found.
        advice: What to do.
    """

    about: str
    text: str
    advice: str


@dataclass(frozen=True)
class Look:
    """What the rules judge.

    Args:
        dataset: The frames.
        survey: What was measured of some of them.
        lengths: Frames of each clip.
        pairs: Pair sources that it shall be trained with.
    """

    dataset: Dataset
    survey: Survey
    lengths: np.ndarray
    pairs: tuple[str, ...]

    def names(self, frames: Sequence[int]) -> str:
        """The first few."""
        shown = ", ".join(self.dataset.name(frame) for frame in frames[:NAMED])
        return shown + (f" and {len(frames) - NAMED} more" if len(frames) > NAMED else "")

    @property
    def clips(self) -> bool:
        """Whether some clips have several frames."""
        return bool((self.lengths > 1).any())


def _unreadable(look: Look) -> Hazard | None:
    faults, tried = look.survey.faults, len(look.survey.faults) + len(look.survey.frames)
    if not faults:
        return None
    text = f"{len(faults):,} of {tried:,} frames cannot be read; the first: {next(iter(faults.values()))}"
    return Hazard("unreadable", text, "training leaves them out; fetch them again, or remove them")


def _few(look: Look) -> Hazard | None:
    count = len(look.dataset)
    if count >= FEW:
        return None
    text = f"only {count:,} frames: landmarks may remember these instead of finding the object"
    return Hazard("few", text, f"some {FEW} are sensible, thousands are better; add images, or videos of the same kind")


def _repeated(look: Look) -> Hazard | None:
    pairs = look.survey.repeated()
    if len(pairs) <= SOME * len(look.survey.frames):
        return None
    first, second = (look.dataset.name(frame) for frame in pairs[0])
    seen = len(look.survey.frames)
    text = f"{len(pairs):,} of {seen:,} frames are copies of others, pixel by pixel: {first} of {second}"
    advice = "remove the copies: they count twice in training, and make few images look like many"
    return Hazard("copies", text, advice)


def _alike(look: Look) -> Hazard | None:
    nearest = look.survey.nearest()
    copies = {frame for pair in look.survey.repeated() for frame in pair}
    near = [(a, b) for a, b, apart in nearest if apart < SAME and not (a in copies and b in copies)]
    if len(near) <= SOME * len(nearest):
        return None
    first, second = (look.dataset.name(frame) for frame in near[0])
    text = f"{len(near):,} of {len(nearest):,} images are nearly the same as another: {first} and {second}"
    advice = (
        "if they are frames of a video, put those of each video into a sub-folder and take --pairs video; otherwise "
        "keep one of each: alike images teach little"
    )
    return Hazard("alike", text, advice)


def _still(look: Look) -> Hazard | None:
    motion = look.survey.motion()
    still = int((motion < STILL).sum())
    if still * 2 <= len(motion):
        return None
    text = f"in {still:,} of {len(motion):,} pairs of frames, at most {GAP} apart in a clip, nothing moves"
    return Hazard("still", text, "video pairs teach nothing there: cut the still parts out, or take --pairs warped")


def _small(look: Look) -> Hazard | None:
    extents = look.survey.extents()
    if not len(extents) or np.median(extents) >= SMALL:
        return None
    text = f"what moves lies in a box of {np.median(extents):.1%} of the picture: the object is probably small in it"
    crop = "crop" in registry.KINDS and "motion" in registry.components("crop")
    return Hazard("small", text, "take --crop motion" if crop else "crop the frames to the object before training")


def _shapes(look: Look) -> Hazard | None:
    width, height = look.survey.sizes.T.astype(float)
    low, high = np.percentile(width / height, [5, 95])
    if high <= ASPECT * low:
        return None
    text = f"pictures of very different shapes, from {low:.2g} to {high:.2g} times as wide as high"
    return Hazard("shapes", text, "crop them to the object, or take --fit crop, which keeps the central square of each")


def _sizes(look: Look) -> Hazard | None:
    sides = np.sqrt(look.survey.sizes.prod(1))
    low, high = np.percentile(sides, [5, 95])
    if high <= SIZES * low:
        return None
    text = f"pictures of very different sizes, from about {low:.0f} to {high:.0f} px"
    advice = "all become --size px: leave out those that would be blurred, or choose a smaller --size"
    return Hazard("sizes", text, advice)


def _changing(look: Look) -> Hazard | None:
    size = dict(zip(look.survey.frames.tolist(), map(tuple, look.survey.sizes.tolist()), strict=True))
    found = [clip for clip in look.survey.plan.clips if len({size[frame] for frame in clip if frame in size}) > 1]
    if not found:
        return None
    text = (
        f"{len(found):,} of {len(look.survey.plan.clips):,} clips change their size: {look.dataset.name(found[0][0])}"
    )
    return Hazard("changing", text, "the frames of a clip must show the same place: make them one size, or split it")


def _tiny(look: Look) -> Hazard | None:
    short = look.survey.sizes.min(1)
    if np.median(short) >= TINY:
        return None
    text = f"tiny pictures: half of them have a side of at most {np.median(short):.0f} px"
    return Hazard("tiny", text, f"take the original, larger ones; under {TINY} px there is little to find")


def _blank(look: Look) -> Hazard | None:
    empty = look.survey.frames[look.survey.contrast < BLANK].tolist()
    if len(empty) <= 0.01 * len(look.survey.frames):
        return None
    text = f"{len(empty):,} of {len(look.survey.frames):,} frames are all of one grey: {look.names(empty)}"
    return Hazard("blank", text, "remove them, or look whether they were exported rightly")


def _alone(look: Look) -> Hazard | None:
    if len(look.lengths) > 1 or not look.clips:
        return None
    text = "one clip only: landmarks will suit this recording"
    return Hazard("alone", text, "add clips of other individuals, places and light if they shall serve for those, too")


def _lonely(look: Look) -> Hazard | None:
    asked = [name for name in look.pairs if _needs_clips(name)]
    single = int((look.lengths == 1).sum())
    if not asked or not single:
        return None
    which, clips = " and ".join(asked), len(look.lengths)
    text = f"{single:,} of {clips:,} clips have one frame, and pairs of {which} need two of a clip"
    done = "they are left out" if look.clips else "nothing can be trained"
    advice = "put the frames of each video into a sub-folder of its own, pass video files, or take --pairs warped"
    return Hazard("lonely", f"{text}: {done}", advice)


def _outside(look: Look) -> Hazard | None:
    if not look.dataset.points:
        return None
    outside, known = outside_of(look.dataset, look.survey.frames, look.survey.sizes)
    if len(outside) <= SOME * max(known, 1):
        return None
    text = f"{len(outside):,} of {known:,} annotated points lie outside their picture: {look.names(outside)}"
    return Hazard("outside", text, "points are (x, y) in pixels of the stored picture; look at them with --out")


def _needs_clips(name: str) -> bool:
    cls = registry.find("pairs", name).cls
    return issubclass(cls, PairSource) and cls.clips


def hazards(look: Look) -> tuple[Hazard, ...]:
    """All that is found."""
    return tuple(found for rule in RULES if (found := rule(look)))


RULES: tuple[Callable[[Look], Hazard | None], ...] = (
    *(_unreadable, _few, _repeated, _alike, _blank, _tiny, _sizes, _shapes),
    *(_changing, _alone, _lonely, _still, _small, _outside),
)
"""Each looks for one thing that spoils a training."""
