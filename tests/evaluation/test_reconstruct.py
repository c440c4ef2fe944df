"""Tests of reconstruction: what is rebuilt, what it is compared with, and what the figures are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar, Literal, final

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.small import settings
from tests.spots import Spots, spotted
from unsuplmk import registry
from unsuplmk.config import Config
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.evaluation.rebuild import PASS, Rebuilt, rebuild
from unsuplmk.evaluation.reconstruct import Estimate, Figure, Reconstructions, judge
from unsuplmk.generators.identity import Identity
from unsuplmk.interfaces import Dataset, Generator, Quality
from unsuplmk.model import Model
from unsuplmk.types import Image, Landmarks, Pair, Reconstruction, Render

SIDE = 64


@final
class Painter(Generator):
    """Paints a square of each landmark's colour on white: what `spotted` draws, from the landmarks alone."""

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        pixels = ((target.xy + 1) * SIDE - 1) / 2
        drawn = [spotted(xy.double().numpy(), (SIDE, SIDE)) for xy in pixels]
        return Reconstruction(torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2) / 255)


@final
class Half(Generator):
    """Gives the source back at half the size, out of range where it is white, and keeps what it was given."""

    needs: ClassVar[frozenset[str]] = frozenset({"source"})

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[Pair, Landmarks, Landmarks]] = []

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        self.given.append((pair, source, target))
        small = torch.nn.functional.avg_pool2d(pair.source, 2)
        return Reconstruction(small + 0.5 * (small > 0.99))


@final
class Spotted(Dataset):
    """Three spots at random places, in clips; some frames cannot be read."""

    def __init__(self, clips: int = 10, length: int = 4, broken: Sequence[int] = ()) -> None:
        self._clips, self._length, self._broken = clips, length, broken

    def __len__(self) -> int:
        return self._clips * self._length

    @property
    def clips(self) -> Sequence[range]:
        return [range(i * self._length, (i + 1) * self._length) for i in range(self._clips)]

    def read(self, index: int) -> np.ndarray:
        if index in self._broken:
            raise UserError(f"cannot read frame {index}")
        cells = np.random.default_rng(index).permutation(9)[:3]  # apart, so that none hides another
        places = np.stack([cells % 3, cells // 3], 1) * 20 + np.random.default_rng(index + 1).integers(8, 16, (3, 2))
        return spotted(places, (SIDE, SIDE))

    def name(self, index: int) -> str:
        return f"spots:{index}"


def run(generator: Generator, **changes: object) -> Detector:
    config = Config(landmarks=3, **{"size": SIDE, "pairs": "within", **changes})
    bottleneck = registry.build("bottleneck", "gaussian", 3)
    return Detector(Model(Spots(3), bottleneck, generator), config)


def qualities(*names: str) -> dict[str, Quality]:
    return {name: registry.build("quality", name) for name in names or ("psnr", "ssim", "mae")}


def test_landmarks_that_say_all_beat_both_baselines_in_every_figure() -> None:
    found = judge(rebuild(run(Painter()), Spotted(), images=30), qualities())
    assert (found.pairs, found.size) == (30, (SIDE, SIDE))
    psnr, mae = found.figures["psnr"], found.figures["mae"]
    assert psnr.rebuilt.mean == pytest.approx(58.9, abs=0.1)
    assert found.figures["ssim"].rebuilt.mean == pytest.approx(1)
    assert mae.rebuilt.mean == pytest.approx(0, abs=1e-6)
    assert mae.source.mean > 0.01
    for figure in found.figures.values():
        assert figure.over_source.interval[0] > 0
        assert figure.over_other.interval[0] > 0
    assert not found.remarks()


def test_the_baselines_are_the_source_as_it_is_and_the_reconstruction_with_another_targets_landmarks() -> None:
    (some,) = rebuild(run(Painter()), Spotted(), images=8)
    targets, sources = some.pair.target, some.pair.source
    assert not any(torch.equal(a, b) for a, b in zip(targets, sources, strict=True))
    torch.testing.assert_close(some.own, targets)
    torch.testing.assert_close(some.other, targets[list(some.borrowed)])
    assert all(i != j for i, j in enumerate(some.borrowed))
    figure = judge([some], qualities("mae")).figures["mae"]
    for estimate, image in ((figure.source, sources), (figure.other, targets[list(some.borrowed)])):
        assert estimate.mean == pytest.approx(float((image - targets).abs().mean()), rel=1e-5)
    assert figure.over_other.mean == pytest.approx(figure.other.mean - figure.rebuilt.mean)


def test_a_generator_that_ignores_landmarks_is_found_out() -> None:
    found = judge(rebuild(run(Half()), Spotted(), images=20), qualities("psnr", "mae"))
    for figure in found.figures.values():
        assert figure.over_source.mean == figure.over_other.mean == 0
    assert found.remarks() == [
        "psnr, mae: no better than the source itself: rebuilding loses more than the landmarks bring",
        "psnr, mae: no better than with another image's landmarks: they carry nothing",
    ]
    assert "carry nothing" in " ".join(map(str, (found.table().caption,)))


def test_images_are_compared_at_the_reconstructions_size_clipped_to_the_range_of_pixels() -> None:
    generator = Half()
    (some,) = rebuild(run(generator), Spotted(), images=8)
    found = judge([some], qualities("mae"))
    assert found.size == (SIDE // 2, SIDE // 2)
    small = [torch.nn.functional.avg_pool2d(image, 2) for image in (some.pair.source, some.pair.target)]
    expected = float((small[0] - small[1]).abs().mean())  # what is above 1 is cut off
    assert found.figures["mae"].rebuilt.mean == pytest.approx(expected, rel=1e-5)
    pair, source, target = generator.given[0]
    assert source.xy.shape == target.xy.shape  # it asked for those of the source
    assert not torch.equal(source.xy, target.xy)
    assert pair is some.pair


def test_pixels_that_do_not_count_change_nothing() -> None:
    detector = run(Painter(), pairs={"name": "warped", "padding": "zeros"})
    (some,) = rebuild(detector, Spotted(), images=6)
    assert some.pair.weight is not None
    assert (some.pair.weight == 0).any()
    spoilt = Rebuilt(some.pair, some.own + (some.pair.weight == 0), some.other, some.landmarks, some.borrowed)
    assert judge([spoilt], qualities()).figures == judge([some], qualities()).figures
    noisy = Rebuilt(some.pair, 0.5 * some.own, some.other, some.landmarks, some.borrowed)
    assert judge([noisy], qualities()).figures != judge([some], qualities()).figures


def test_pairs_are_those_of_the_run_and_follow_from_the_seed_alone() -> None:
    detector, dataset = run(Painter(), pairs="warped"), Spotted()
    torch.manual_seed(1)
    first = list(rebuild(detector, dataset, images=40))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    again = list(rebuild(detector, dataset, images=40))
    assert torch.equal(torch.get_rng_state(), state)
    other = list(rebuild(detector, dataset, images=40, seed=1))
    assert [len(some.own) for some in first] == [PASS, PASS, 8]
    for one, two in zip(first, again, strict=True):
        assert torch.equal(one.pair.source, two.pair.source)
        assert torch.equal(one.own, two.own)
    assert not torch.equal(first[0].pair.source, other[0].pair.source)


def test_every_frame_starts_one_pair_and_no_pass_holds_a_single_pair() -> None:
    detector = run(Painter(), pairs="single")
    for images, passes in ((2, [2]), (17, [17]), (18, [PASS, 2]), (33, [PASS, 17]), (900, [PASS, PASS, 8])):
        found = list(rebuild(detector, Spotted(), images=images))
        assert [len(some.own) for some in found] == passes
    shown = torch.cat([some.pair.target for some in found])
    assert len({image.numpy().tobytes() for image in shown}) == 40


def test_frames_that_cannot_be_read_are_named_once_and_their_pairs_left_out() -> None:
    lines: list[str] = []
    found = list(rebuild(run(Painter()), Spotted(2, 3, broken=(1,)), images=6, report=lines.append))
    assert lines == ["cannot read frame 1"]
    assert 2 <= sum(len(some.own) for some in found) < 6


def test_where_source_and_target_are_one_image_the_source_is_no_baseline() -> None:
    found = judge(rebuild(run(Painter(), pairs="single"), Spotted(), images=20), qualities("mae"))
    values = found.as_dict()["figures"]["mae"]
    assert values["source"]["mean"] is values["over_source"]["mean"] is None
    assert values["other"]["mean"] > values["rebuilt"]["mean"]
    assert found.remarks() == ["source and target are one image: the source is no baseline"]


def test_an_image_is_not_given_the_landmarks_of_its_own_copy() -> None:
    (some,) = rebuild(run(Painter(), pairs="single"), Repeated(), images=6)
    for index, borrowed in enumerate(some.borrowed):
        assert not torch.equal(some.pair.target[index], some.pair.target[borrowed])


@final
class Repeated(Dataset):
    """Two images, three times each."""

    def __len__(self) -> int:
        return 6

    @property
    def clips(self) -> Sequence[range]:
        return [range(6)]

    def read(self, index: int) -> np.ndarray:
        return Spotted().read(index // 3)

    def name(self, index: int) -> str:
        return str(index)


@final
class Tenths(Quality):
    """The red of the first pixel of the prediction."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(self, prediction: Image, target: Image, weight: Tensor | None) -> Tensor:
        return prediction[:, 0, 0, 0]


def test_intervals_are_percentiles_over_resampled_pairs_and_a_missing_figure_leaves_its_pair_out() -> None:
    red = torch.tensor([[0.1, 0.5, 0.9, 0.3], [0.2, 0.4, 0.8, 0.8], [0.3, 0.9, 0.7, float("nan")]])
    own, source, other = (values[:, None, None, None].expand(4, 3, 2, 2) for values in red)
    some = Rebuilt(Pair(source, own), own, other, torch.zeros(4, 1, 2), (1, 2, 3, 0))
    figure = judge([some], {"tenths": Tenths()}, resamples=4000).figures["tenths"]
    assert [figure.rebuilt.mean, figure.source.mean] == pytest.approx([0.5, 1.4 / 3])
    assert figure.over_source.mean == pytest.approx(1.4 / 3 - 0.5)
    rng = np.random.default_rng(5)
    means = np.array([0.1, 0.5, 0.9])[rng.integers(3, size=(100_000, 3))].mean(1)
    np.testing.assert_allclose(figure.rebuilt.interval, np.percentile(means, (2.5, 97.5)), atol=0.02)
    without = judge([some], {"tenths": Tenths()}, resamples=0)
    assert np.isnan(without.figures["tenths"].rebuilt.interval).all()
    assert without.as_dict()["figures"]["tenths"]["rebuilt"] == {"mean": pytest.approx(0.5), "interval": [None, None]}


def test_the_result_is_plain_values_and_a_table() -> None:
    one, none = Estimate(24.25, (24.0, 24.5)), Estimate(np.nan, (np.nan, np.nan))
    found = Reconstructions(
        7, (32, 32), {"psnr": Figure("higher", one, none, one, none, Estimate(0.5, (-0.1, 1.0)))}, True
    )
    values = json.loads(json.dumps(found.as_dict()))
    assert values["figures"]["psnr"]["rebuilt"] == {"mean": 24.25, "interval": [24.0, 24.5]}
    assert values["figures"]["psnr"]["source"]["mean"] is None
    assert (values["pairs"], values["size"], values["interval_level"]) == (7, [32, 32], 95)
    assert values["remarks"][1] == "psnr: no better than with another image's landmarks: they carry nothing"
    cells = [list(column.cells) for column in found.table().columns]
    assert list(zip(*cells, strict=True)) == [
        ("psnr", "rebuilt", "24.25", "24.0 to 24.5", ""),
        ("", "the source itself", "", "", ""),
        ("", "other landmarks", "24.25", "24.0 to 24.5", "-0.100 to 1.00"),
    ]


def test_what_cannot_be_rebuilt_is_refused_in_one_line() -> None:
    cases = (
        (run(Identity(3)), Spotted(), "--generator identity rebuilds nothing"),
        (run(Painter()), Spotted(5, 1), "trained on pairs of 'within', two frames of one clip, but each of the 5"),
        (run(Painter(), pairs="single"), Spotted(1, 1), "the data gives 1 of these pairs"),
        (run(Painter(), pairs="single"), Spotted(1, 3, broken=(0, 2)), "the data gives 1 of these pairs"),
        (run(Painter(), pairs="single"), Spotted(0, 1), "holds no frames"),
    )
    for detector, dataset, reason in cases:
        with pytest.raises(UserError, match=reason) as caught:
            list(rebuild(detector, dataset, report=lambda line: None))
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="nothing was rebuilt"):
        judge([], qualities())


@pytest.mark.parametrize("generator", ["renderer", "unet", "flow", "descriptors", "template"])
@pytest.mark.parametrize("bottleneck", ["gaussian", "density"])
def test_every_generator_that_ships_is_judged(generator: str, bottleneck: str) -> None:
    from unsuplmk.checkpoint import assemble

    torch.manual_seed(0)
    small = {"width": 8} if generator in ("renderer",) else {"width": 4} if generator == "unet" else {}
    config = settings(generator={"name": generator, **small}, bottleneck=bottleneck, loss={"pixel": {}}).resolved()
    detector = Detector(assemble(config, losses=False), config)
    found = judge(rebuild(detector, Spotted(), images=4), qualities("mae"))
    assert 0 < found.figures["mae"].rebuilt.mean < 1
