"""Stand-ins for what the pages of the documentation name: photos, videos, labels, runs, weights, made when asked for.

`PROPS` says what a path is made of. Where a page names a path that no pattern knows, add a line to it: a pattern as a
shell has them, and a function that writes something small there. The first pattern that fits counts.
"""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cached_property
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from tests import scenes, sharedruns
from tests.docpages import ROOT
from tests.hubserver import Hub
from tests.layouts import pictures
from tests.small import settings
from unsuplmk import Detector, tables
from unsuplmk.cli import cli
from unsuplmk.frames.media import write_image, write_video

FACE = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""Points that the protocols of faces know, too."""


class Store:
    """What is made once and copied.

    Args:
        folder: To keep it in.
        weights: Files of random weights: network -> file.
    """

    def __init__(self, folder: Path, weights: Mapping[str, Path]) -> None:
        self.folder, self.weights = folder, weights

    @cached_property
    def run(self) -> Path:
        """A run of a few steps on puppets."""
        from unsuplmk.job import train

        return train(settings(steps=2, batch=2), self.folder / "run")


@dataclass
class Stage:
    """Makes what stands for a path.

    Args:
        store: What is copied.
        hub: What stands for the hub.
        made: The paths that something stands in for.
    """

    store: Store
    hub: Hub
    made: set[Path] = field(default_factory=set)

    def provide(self, word: str) -> None:
        """See to it that what a word of a command names is there, if a pattern knows it."""
        if word.startswith("hf:"):
            return self._host(word.removeprefix("hf:"))
        path = Path(word.rpartition(":")[2] if not word.startswith(("/", ".")) else word)
        if path in self.made or path.exists() or (glob(path) and any(Path().glob(str(path)))):
            return None
        for pattern, make in PROPS:
            if fnmatch(str(path), pattern):
                path.parent.mkdir(parents=True, exist_ok=True)
                self.made.add(path)
                return make(path, self)
        return None

    def clear(self, path: Path) -> None:
        """Take a stand-in away, since the command is about to write what it stands for."""
        if path in self.made:
            self.made.remove(path)
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _host(self, name: str) -> None:
        repository, _, revision = name.partition("@")
        one = self.hub.repositories.get(repository) or self.hub.hold(repository, sharedruns.contents(self.store.run))
        if revision:
            one.tags[revision] = len(one.commits) - 1


def glob(path: Path) -> bool:
    """Whether a path has stars."""
    return any(set(part) & set("*?[") for part in path.parts)


def photo(path: Path, _: Stage) -> None:
    """An image."""
    pictures.picture(path, 48, 40)


def photos(folder: Path, stage: Stage) -> None:
    """As many images as two runs are compared on."""
    for number in range(20):
        photo(folder / f"{number:02}.jpg", stage)


def film(path: Path, stage: Stage, clip: int = 0) -> None:
    """Something that moves, for a second and a half."""
    write_video(path, [scenes.blob(clip, place) for place in range(15)], 10.0)


def films(folder: Path, stage: Stage) -> None:
    """Two videos."""
    folder.mkdir(exist_ok=True)
    for clip, name in enumerate(("one.mp4", "two.mp4")):
        film(folder / name, stage, clip)


def frames(folder: Path, _: Stage) -> None:
    """The images of one video."""
    folder.mkdir(exist_ok=True)
    for place in range(8):
        write_image(folder / f"{place:03}.png", scenes.blob(0, place))


def clips(folder: Path, stage: Stage) -> None:
    """A folder with the images of two videos."""
    for name in ("a", "b"):
        folder.mkdir(exist_ok=True)
        frames(folder / name, stage)


def pair(path: Path, _: Stage) -> None:
    """A video of two animals beside one another."""
    shown = [np.hstack([cv2.resize(scenes.blob(clip, place), (140, 160)) for clip in (0, 1)]) for place in range(3)]
    write_video(path, shown, 10.0)


def masks(folder: Path, _: Stage) -> None:
    """Where the two animals of `pair.mp4` are."""
    folder.mkdir()
    for place in range(3):
        mask = np.zeros((160, 280), np.uint8)
        mask[50:100, 20:90], mask[60:120, 170:250] = 1, 2
        cv2.imwrite(str(folder / f"pair_{place:06d}.png"), mask)


def listing(path: Path, stage: Stage) -> None:
    """A CSV of images with the points of faces, in splits, people and activities."""
    rng = np.random.default_rng(0)
    rows = [",".join(["file", "split", "subject", *(f"{name}_{axis}" for name in FACE for axis in "xy")])]
    for number in range(60):
        photo(path.parent / f"{path.stem}-{number:02}.jpg", stage)
        split = "train" if number < 32 else "val" if number < 40 else "test"
        points = (f"{value:.1f}" for value in rng.uniform(4, 36, 2 * len(FACE)))
        rows.append(",".join([f"{path.stem}-{number:02}.jpg", split, f"person {number % 4}", *points]))
    path.write_text("\n".join(rows) + "\n", "utf-8")


def annotated(folder: Path, stage: Stage) -> None:
    """A folder with such a CSV in it."""
    folder.mkdir(exist_ok=True)
    listing(folder / "points.csv", stage)


def boxes(path: Path, stage: Stage) -> None:
    """Boxes of the images in `photos/`."""
    stage.provide("photos")
    rows = [f"photos/{number:02}.jpg,4,4,24,24" for number in range(20)]
    path.write_text("\n".join(["file,left,top,width,height", *rows]) + "\n", "utf-8")


def views(path: Path, stage: Stage) -> None:
    """Three cows from eight sides, with masks."""
    write_image(path.parent / "mask.png", np.full((40, 48, 3), 255, np.uint8))
    rows = ["file,split,category,instance,video,frame,polar_deg,azimuth_deg,mask"]
    for cow in range(3):
        for view in range(8):
            photo(path.parent / f"cow{cow}-{view}.png", stage)
            split = "test" if cow == 2 else "train"
            rows.append(f"cow{cow}-{view}.png,{split},cow,{cow},cow{cow},{view},90,{45 * view},mask.png")
    path.write_text("\n".join(rows) + "\n", "utf-8")


def portraits(path: Path, stage: Stage) -> None:
    """A few images with names as the pattern asks for."""
    for number in range(3):
        photo(path.with_name(path.name.replace("*", str(number))), stage)


def layout(name: str) -> Callable[[Path, Stage], None]:
    """A data set's files, as `tests/layouts/NAME.py` writes them."""

    def make(path: Path, _: Stage) -> None:
        path.mkdir(exist_ok=True)
        import_module(f"tests.layouts.{name}").write(path)

    return make


def norb(path: Path, _: Stage) -> None:
    """SmallNORB with two toys of each kind in the test split."""
    from tests.layouts import smallnorb

    path.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(smallnorb.INSTANCES, "test", (0, 1))
        smallnorb.write(path)


def project(path: Path, stage: Stage) -> None:
    """A DeepLabCut project with its videos."""
    layout("deeplabcut")(path, stage)
    (path / "videos").mkdir()
    film(path / "videos" / "früh.avi", stage)


def lightning(_: Path, stage: Stage) -> None:
    """The folder `data`, from which Lightning Pose learns, with its videos."""
    folder = Path("data")
    if not (folder / "labeled-data").exists():
        import_module("tests.layouts.lightningpose").write(folder)
        films(folder / "videos", stage)


def people(path: Path, _: Stage) -> None:
    """COCO's file of the images in `photos/`."""
    from tests.layouts import coco

    content = coco.content(path.parent / "photos")
    for one in content["images"]:
        one["file_name"] = f"photos/{one['file_name']}"
    for one in content["annotations"]:
        one["keypoints"][6:] = [one["keypoints"][0], one["keypoints"][4], 2]  # the toe, which is nowhere there
    coco.save(path, content)


def sleap_labels(path: Path, stage: Stage) -> None:
    """Labels of two flies in each of two videos in `recordings/`, in every form that a name asks for."""
    from tests.layouts import sleap

    stage.provide("recordings")
    predicted = (0, 1) if path.stem == "predictions" else ()
    labels = sleap.labels(Path("recordings/one.mp4"), Path("recordings/two.mp4"), predicted=predicted)
    sleap.save(path, labels, embed=path.name.endswith(".pkg.slp"))


def run(folder: Path, stage: Stage) -> None:
    """A trained run."""
    shutil.copytree(stage.store.run, folder)


def shared(folder: Path, stage: Stage) -> None:
    """A run that somebody pushed to a folder."""
    CliRunner().invoke(cli, ["push", str(stage.store.run), f"folder:{folder}"], catch_exceptions=False)


def onnx(path: Path, _: Stage) -> None:
    """Something called so; a page that reads it exports it first, see `play.ONCE`."""
    path.touch()


def tracks(path: Path, stage: Stage, names: tuple[str, ...] = (), film: str = "mouse.mp4", format: str = "") -> None:
    """Landmarks of a video, under names of their own if there are any."""
    stage.provide(film)
    found = Detector.load(stage.store.run, "cpu").predict(film)
    tables.write(replace(found, names=names or found.names), path, format)


def released(path: Path, _: Stage) -> None:
    """Variables of the code of 2018."""
    from tests.training.test_released import variables

    np.savez(path, **variables())


def caffe(path: Path, _: Stage) -> None:
    """A narrow network in the layout of the published loss network."""
    import h5py

    from tests.conftest import grey_network

    with h5py.File(path, "w") as file:
        for key, value in grey_network().items():
            layer, what = key.split(".")
            file[f"data/{layer}/{('weight', 'bias').index(what)}"] = value.numpy()


def network(path: Path, stage: Stage) -> None:
    """Weights of a network, of the one that the name begins with."""
    names = sorted((name for name in stage.store.weights if path.stem.lower().startswith(name)), key=len)
    file = stage.store.weights[names[-1] if names else "selfsup"]
    if path.suffix == ".safetensors":
        shutil.copy(file, path)
    else:
        import torch
        from safetensors.torch import load_file

        torch.save(load_file(file), path)


def export(path: Path, stage: Stage) -> None:
    """What Label Studio exports of points in `photos/`."""
    tracks(path, stage, ("snout", "leftear", "rightear", "tailbase"), "photos", "labelstudio")


def pretrained(name: Path, stage: Stage) -> None:
    """Random weights on the hub, where timm looks for those of a backbone."""
    import timm
    from safetensors.torch import save

    model = timm.create_model(str(name))
    repository = str(getattr(model, "pretrained_cfg")["hf_hub_id"])  # noqa: B009 - of timm's models alone
    stage.hub.hold(repository, {"model.safetensors": save(model.state_dict())})


def backbone(path: Path, _: Stage) -> None:
    """Weights of timm's smallest ResNet."""
    import timm
    from safetensors.torch import save_file

    save_file(timm.create_model("test_resnet").state_dict(), path)


def pipeline(path: Path, _: Stage) -> None:
    """What the example writes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sys, "argv", ["augment.py", str(path)])
        runpy.run_path(str(ROOT / "examples" / "augment.py"), run_name="__main__")


PROPS: tuple[tuple[str, Callable[[Path, Stage], None]], ...] = (
    ("demo/puppets", clips),
    ("data/mnist", layout("mnist")),
    ("data/CelebA", layout("celeba")),
    ("data/videos", lightning),
    ("data/labeled-data", lightning),
    ("data", lightning),
    ("PROJECT", project),
    ("labeled-data/*", frames),
    ("NORB", norb),
    ("data/smallnorb", norb),
    ("mnt/shared/*", shared),
    ("runs/*", run),
    ("demo/run", run),
    ("*/[*].mp4", lambda path, stage: films(path.parent, stage)),
    ("*/[*].jpg", portraits),
    ("pair.mp4", pair),
    ("*.mp4", film),
    ("*.jpg", photo),
    ("*.png", photo),
    ("views.csv", views),
    ("boxes.csv", boxes),
    ("*.csv", listing),
    ("annotations.json", people),
    ("*.slp", sleap_labels),
    ("masks", masks),
    ("export.json", export),
    ("frames", frames),
    ("recordings", films),
    ("videos", films),
    ("new-videos", films),
    ("clips", films),
    ("labels", annotated),
    ("labelled", annotated),
    ("photos", photos),
    ("new_photos", photos),
    ("images", photos),
    ("faces", photos),
    ("aflw", photos),
    ("*.onnx", onnx),
    ("variables.npz", released),
    ("named.npz", lambda path, stage: tracks(path, stage, ("nose", "neck", "tail", "paw"))),
    ("*.npz", tracks),
    ("augment.json", pipeline),
    ("vgg16.caffemodel.h5", caffe),
    ("resnet18.safetensors", backbone),
    ("test_*", pretrained),
    ("*.safetensors", network),
    ("*.pth", network),
)
"""Path -> what makes it. What ends in / is named without it."""
