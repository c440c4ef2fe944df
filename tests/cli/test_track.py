"""`unsuplmk track`, and the trackers of `predict` and `render`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.paths import swinging, tracks_of
from tests.small import settings
from unsuplmk import registry, tables
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames import media
from unsuplmk.types import Tracks

ANIMALS = ("ann", "bob")


def invoke(*args: object) -> Result:
    done = CliRunner().invoke(cli, [str(arg) for arg in args], terminal_width=200)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def noisy(tmp_path: Path) -> Tracks:
    """Tracks in a file, `raw.npz`."""
    xy = swinging(40)
    tracks = tracks_of(xy + np.random.default_rng(0).normal(0, 1, xy.shape))
    tables.write(tracks, tmp_path / "raw.npz")
    return tracks


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    from unsuplmk.job import train

    return str(train(settings(steps=2), tmp_path_factory.mktemp("runs") / "tiny"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of noise, and boxes of two animals in it."""
    folder, rng = tmp_path_factory.mktemp("film"), np.random.default_rng(0)
    frames = [rng.integers(0, 256, (96, 128, 3), dtype=np.uint8) for _ in range(6)]
    media.write_video(folder / "v.mp4", frames, 25.0)
    rows = [f"v.mp4,{i},{10 + 60 * (a == 'bob') + i},20,48,48,{a}" for i in range(6) for a in ANIMALS]
    (folder / "boxes.csv").write_text("\n".join(["file,frame,left,top,width,height,track", *rows]) + "\n")
    return folder / "v.mp4"


def test_a_file_is_filtered_by_the_trackers_in_their_order(noisy: Tracks, tmp_path: Path) -> None:
    chosen = ("--tracker", "median", "--tracker", "oneeuro", "--tracker.oneeuro.beta", "0.1")
    done = invoke("track", tmp_path / "raw.npz", "--out", tmp_path / "new/out.npz", *chosen)
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["median", "oneeuro"]
    assert lines[2] == f"{tmp_path / 'new/out.npz'}: 4 named points in 40 frames"
    wanted = registry.build("tracker", "oneeuro", beta=0.1)(registry.build("tracker", "median")(noisy))
    made = tables.read(tmp_path / "new/out.npz")
    np.testing.assert_array_equal(made.xy, wanted.xy)
    assert (made.fps, made.source) == (noisy.fps, noisy.source)


def test_a_file_that_does_not_say_its_rate_is_told_it(noisy: Tracks, tmp_path: Path) -> None:
    tables.write(noisy, tmp_path / "raw.csv")
    told = ("--tracker", "oneeuro", "--fps", "30")
    with pytest.raises(UserError, match=r"needs a frame rate.*--fps 30"):
        invoke("track", tmp_path / "raw.csv", "--out", tmp_path / "out.npz", *told[:2])
    invoke("track", tmp_path / "raw.csv", "--out", tmp_path / "out.npz", *told)
    made = tables.read(tmp_path / "out.npz")
    np.testing.assert_allclose(made.xy, registry.build("tracker", "oneeuro")(noisy).xy)
    assert made.fps == 30


def test_the_format_of_the_file_has_options_too(noisy: Tracks, tmp_path: Path) -> None:
    individuals = "\n".join(
        ["scorer,s,s,s,s,s,s", "individuals,ann,ann,ann,bob,bob,bob", "bodyparts,l0,l0,l0,l0,l0,l0"]
        + ["coords,x,y,likelihood,x,y,likelihood"]
        + [f"{i},{i},{i},1,{10 + i},{i},1" for i in range(8)]
    )
    (tmp_path / "two.csv").write_text(individuals + "\n")
    chosen = ("--tracker", "median")
    for out in ("bob.npz", "bob.csv"):
        invoke("track", tmp_path / "two.csv", "--out", tmp_path / out, *chosen, "--from.individual", "bob")
        np.testing.assert_allclose(tables.read(tmp_path / out).xy[2:-2, 0, 0], np.arange(12, 16))
    assert "--from.individual" in invoke("track", tmp_path / "two.csv", "--help").output


def test_the_options_of_a_tracker_are_known_once_it_is_named() -> None:
    alone, named = (invoke("track", *more, "--help").output for more in ((), ("--tracker", "oneeuro")))
    assert "--tracker.oneeuro.min-cutoff" not in alone
    assert "--tracker.oneeuro.min-cutoff" in named
    described = json.loads(invoke("components", "tracker", "oneeuro", "--json").stdout)
    assert described["options"][0]["flag"] == "--tracker.oneeuro.min-cutoff"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "no tracker is chosen: add --tracker NAME; installed: gaps, "),
        (("--tracker", "kalmann"), "no tracker named 'kalmann'; did you mean 'kalman'"),
        (
            ("--tracker", "gaps", "--tracker.kalman.process", "1"),
            "'kalman' is not chosen; add --tracker kalman",
        ),
        (("--tracker", "median", "--tracker.median.window", "4"), "a window has a middle frame; take 5"),
        (("--tracker", "median", "--apart"), r"v\.mp4:0 is of no animal with a name"),
        (("--tracker", "median", "--out", "{raw}"), r"raw\.npz is the file that is read, and would be lost"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    words: tuple[str, ...], reason: str, noisy: Tracks, tmp_path: Path
) -> None:
    raw = tmp_path / "raw.npz"
    before = raw.read_bytes()
    with pytest.raises(UserError, match=reason):
        invoke("track", raw, "--out", tmp_path / "out.npz", *(word.format(raw=raw) for word in words))
    assert raw.read_bytes() == before
    assert not (tmp_path / "out.npz").exists()


def test_each_animal_is_filtered_for_itself_and_written_to_a_file_of_its_own(noisy: Tracks, tmp_path: Path) -> None:
    both = replace(
        noisy,
        xy=np.concatenate([noisy.xy[:20], noisy.xy[20:] + 500]),
        source=tuple(f"v.mp4:{i}#{animal}" for animal in ANIMALS for i in range(20)),
    )
    tables.write(both, tmp_path / "both.npz")
    chosen = ("--tracker", "kalman", "--apart")
    done = invoke("track", tmp_path / "both.npz", "--out", tmp_path / "out.csv", *chosen)
    files = [tmp_path / f"out.{animal}.csv" for animal in ANIMALS]
    assert done.stdout.splitlines()[1:] == [f"{file}: 4 named points in 20 frames" for file in files]
    for number, file in enumerate(files):
        own = both.xy[20 * number : 20 * (number + 1)]
        np.testing.assert_allclose(tables.read(file).xy, registry.build("tracker", "kalman")(tracks_of(own)).xy)


@pytest.mark.parametrize("name", ["flies.npz", "flies.json", "flies.csv"])
def test_each_animal_of_a_file_is_filtered_for_itself_and_all_are_kept(name: str, tmp_path: Path) -> None:
    rng, frames = np.random.default_rng(0), 20
    own = [swinging(frames) + rng.normal(0, 2, (frames, 4, 2)) + 500 * who for who in (0, 1)]
    source = tuple(f"{tmp_path}/v.mp4:{i}#{animal}" for i in range(frames) for animal in ANIMALS)  # by turns
    both = replace(tracks_of(np.stack(own, 1).reshape(-1, 4, 2)), source=source)
    form = ("--format", "listing") if name.endswith(".csv") else ()
    tables.write(both, tmp_path / name, *form[1:])
    done = invoke("track", tmp_path / name, "--out", tmp_path / "new" / name, "--tracker", "kalman", *form)
    assert done.stdout.splitlines()[1].endswith("4 named points in 20 frames, 40 rows")
    made = tables.read(tmp_path / "new" / name)
    assert made.source == source
    for who in (0, 1):
        alone = registry.build("tracker", "kalman")(tracks_of(own[who]))
        np.testing.assert_allclose(made.xy[who::2], alone.xy)


def test_a_table_of_several_animals_is_filtered_and_drawn_whole(film: Path, tmp_path: Path) -> None:
    head = "scorer,s,s,s,s\nindividuals,ann,ann,bob,bob\nbodyparts,n,n,n,n\ncoords,x,y,x,y\n"
    rows = [f"{i},{20 + i},{30 + i % 2},{90 - i},60" for i in range(6)]
    (tmp_path / "two.csv").write_text(head + "\n".join(rows) + "\n")
    invoke("track", tmp_path / "two.csv", "--out", tmp_path / "two.npz", "--tracker", "median")
    assert tables.read(tmp_path / "two.npz").source == tuple(f"{i}#{animal}" for animal in ANIMALS for i in range(6))
    shown = {}
    for who in ("", *ANIMALS):
        chosen = ("--from.individual", who) if who else ()
        invoke("render", tmp_path / "two.csv", film, "--out", tmp_path / f"film{who}.mp4", *chosen)
        video = media.Video(tmp_path / f"film{who}.mp4")
        shown[who] = video.read(5).astype(int)
        video.close()
    assert np.abs(shown["ann"] - shown["bob"]).max() > 60
    near = (slice(140, 190), slice(180, 260))  # where bob is, in a film that is drawn three times as large
    assert np.abs(shown[""] - shown["ann"])[near].max() > 60 > np.abs(shown[""] - shown["bob"])[near].max()


def test_two_animals_that_would_share_a_file_are_refused(noisy: Tracks, tmp_path: Path) -> None:
    source = tuple(f"v.mp4:{i // 2}#{'a?' if i % 2 else 'a!'}" for i in range(40))
    tables.write(replace(noisy, source=source), tmp_path / "two.npz")
    with pytest.raises(UserError, match=r"2 animals would share 1 files: a!, a\?"):
        invoke("track", tmp_path / "two.npz", "--out", tmp_path / "out.npz", "--tracker", "median", "--apart")


def test_predict_filters_what_it_found(run: str, film: Path, tmp_path: Path) -> None:
    invoke("predict", run, film, "--out", tmp_path / "raw.npz")
    chosen = ("--tracker", "median", "--tracker.median.window", "3", "--tracker", "oneeuro")
    done = invoke("predict", run, film, "--out", tmp_path / "out.npz", *chosen)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "median",
        "oneeuro",
        str(tmp_path / "out.npz"),
    ]
    invoke("track", tmp_path / "raw.npz", "--out", tmp_path / "later.npz", *chosen)
    made, later = (tables.read(tmp_path / name).xy for name in ("out.npz", "later.npz"))
    np.testing.assert_array_equal(made, later)
    assert not np.array_equal(made, tables.read(tmp_path / "raw.npz").xy)


def test_images_are_refused_before_the_run_is_looked_for(film: Path, tmp_path: Path) -> None:
    for i in range(2):
        media.write_image(tmp_path / f"{i}.png", np.zeros((8, 8, 3), np.uint8))
    for command, out in (("predict", "o.npz"), ("render", "o")):
        with pytest.raises(UserError, match="trackers need frames that follow one another"):
            invoke(command, "no/such/run", tmp_path / "*.png", "--out", tmp_path / out, "--tracker", "median")
    with pytest.raises(UserError, match="cannot read the skeleton gone"):
        invoke("render", "no/such/run", film, "--out", tmp_path / "o.mp4", "--skeleton", "gone")


def test_two_animals_are_predicted_apart_and_together_with_the_rate_of_their_video(
    run: str, film: Path, tmp_path: Path
) -> None:
    crop = ("--crop", "boxes", "--crop.file", film.parent / "boxes.csv", "--tracker", "oneeuro")
    invoke("predict", run, film, "--out", tmp_path / "both.npz", *crop)
    both = tables.read(tmp_path / "both.npz")
    assert both.fps == 25
    assert both.source == tuple(f"{film}:{i}#{animal}" for animal in ANIMALS for i in range(6))
    done = invoke("predict", run, film, "--out", tmp_path / "each.csv", *crop, "--apart")
    assert done.stdout.splitlines()[1:] == [f"{tmp_path}/each.{a}.csv: 4 landmarks in 6 frames" for a in ANIMALS]
    for number, animal in enumerate(ANIMALS):
        np.testing.assert_allclose(
            tables.read(tmp_path / f"each.{animal}.csv").xy, both.xy[6 * number : 6 * number + 6], atol=1e-9
        )
    look = ("--skeleton", "auto", "--names", "--trail", "3", "--threshold", "0.01")
    invoke("render", run, film, "--out", tmp_path / "both.mp4", *crop, *look)
    video = media.Video(tmp_path / "both.mp4")
    assert (len(video), video.fps) == (6, 25)
    video.close()


def test_a_file_of_landmarks_is_drawn_without_a_run(
    run: str, film: Path, tmp_path: Path, same: Callable[[Path, Path], bool]
) -> None:
    invoke("predict", run, film, "--out", tmp_path / "raw.npz")
    invoke("render", run, film, "--out", tmp_path / "a.mp4")
    invoke("render", tmp_path / "raw.npz", film, "--out", tmp_path / "b.mp4")
    assert same(tmp_path / "a.mp4", tmp_path / "b.mp4")
    invoke("render", tmp_path / "raw.npz", film, "--out", tmp_path / "c.mp4", "--tracker", "kalman")
    assert not same(tmp_path / "a.mp4", tmp_path / "c.mp4")


@pytest.fixture
def same() -> Callable[[Path, Path], bool]:
    def compare(one: Path, other: Path) -> bool:
        videos = media.Video(one), media.Video(other)
        frames = [np.stack([video.read(i) for i in range(len(video))]) for video in videos]
        for video in videos:
            video.close()
        return np.array_equal(*frames)

    return compare
