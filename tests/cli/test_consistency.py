"""`unsuplmk consistency` on a run that has just been trained for two steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.layouts import smallnorb as layout
from tests.small import settings
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    from unsuplmk.job import train

    return str(train(settings(steps=1), tmp_path_factory.mktemp("runs") / "tiny"))


@pytest.fixture
def views(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = ["file,split,instance,polar_deg,azimuth_deg,light,mask"]
    for instance in range(3):
        for azimuth in (0, 90, 180):
            for light in ("lamp", "sun"):
                name = f"{instance}-{azimuth}-{light}.png"
                write_image(tmp_path / name, rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))
                rows.append(f"{name},{'test' if instance == 2 else 'train'},{instance},90,{azimuth},{light},mask.png")
    write_image(tmp_path / "mask.png", np.full((32, 32, 3), 255, np.uint8))
    (tmp_path / "views.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "views.csv"


def test_it_prints_a_table_or_json(run: str, views: Path) -> None:
    options = ["--dataset.split", "all", "--masks", "--lighting", "light"]
    done = CliRunner().invoke(cli, ["consistency", run, str(views), *options, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["images"], found["instances"], found["views"]) == (18, 3, 3)
    assert found["on_object"]["found"] == found["area"] == 1
    assert found["lighting"] > 0
    only = ["--dataset.split", "all", "--only", "split=test"]
    one = CliRunner().invoke(cli, ["consistency", run, str(views), *only, "--json"], catch_exceptions=False)
    assert (json.loads(one.stdout)["images"], json.loads(one.stdout)["lighting"]) == (6, None)
    table = CliRunner().invoke(cli, ["consistency", run, str(views), *options], catch_exceptions=False).stdout
    assert "motion with viewpoint" in table
    assert "light moves" in table


def test_a_wrong_column_is_named_before_the_run_is_looked_for(views: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'azimuth_deg'"):
        CliRunner().invoke(cli, ["consistency", "no/run", str(views), "--view", "azimut_deg"], catch_exceptions=False)


def test_any_dataset_that_knows_viewpoints_is_judged(run: str, tmp_path: Path) -> None:
    data = f"smallnorb:{layout.write(tmp_path)}"
    tags = ["--view", "elevation,azimuth,camera", "--lighting", "lighting", "--json"]
    line = ["consistency", run, data, "--dataset.category", "car", *tags]
    found = json.loads(CliRunner().invoke(cli, line, catch_exceptions=False).stdout)
    # two cars, from 2 elevations and 3 azimuths by two cameras, in two lightings
    assert (found["images"], found["instances"], found["views"]) == (48, 2, 12)
    assert found["lighting"] > 0
    with pytest.raises(UserError, match=r"2 categories, .*: --dataset.category animal or --dataset.category car$"):
        CliRunner().invoke(cli, ["consistency", run, data, *tags], catch_exceptions=False)


def test_one_category_of_a_table_is_chosen_by_its_column(run: str, views: Path) -> None:
    lines = views.read_text().splitlines()
    rows = [f"{line},{'category' if not i else 'cup' if i < 13 else 'pan'}" for i, line in enumerate(lines)]
    views.write_text("\n".join(rows) + "\n")
    line = ["consistency", run, str(views), "--dataset.split", "all", "--json"]
    with pytest.raises(UserError, match=r"--dataset\.where category=cup or --dataset.where category=pan"):
        CliRunner().invoke(cli, line, catch_exceptions=False)
    done = CliRunner().invoke(cli, [*line, "--dataset.where", "category=cup"], catch_exceptions=False)
    assert (json.loads(done.stdout)["images"], json.loads(done.stdout)["instances"]) == (12, 2)
    with pytest.raises(UserError, match="did you mean 'cup'"):
        CliRunner().invoke(cli, [*line, "--dataset.where", "category=cups"], catch_exceptions=False)


def test_masks_that_nobody_knows_are_refused(run: str, views: Path) -> None:
    views.write_text(views.read_text().replace(",mask\n", ",outline\n"))
    with pytest.raises(UserError, match=r"no mask of .*0-0-lamp\.png is known; a CSV names them in a column 'mask'"):
        CliRunner().invoke(cli, ["consistency", run, str(views), "--masks"], catch_exceptions=False)


def test_landmarks_of_what_is_cropped_are_judged_in_the_whole_images(run: str, views: Path) -> None:
    rows = [f"{path.name},4,4,16,16" for path in sorted(views.parent.glob("*-*.png"))]
    (views.parent / "boxes.csv").write_text("\n".join(["file,left,top,width,height", *rows]) + "\n")
    given = ["consistency", run, str(views), "--masks", "--json"]
    whole, cropped = (
        CliRunner().invoke(cli, [*given, *crop], catch_exceptions=False)
        for crop in ((), ("--crop", "boxes", "--crop.file", str(views.parent / "boxes.csv")))
    )
    first, second = json.loads(whole.stdout), json.loads(cropped.stdout)
    assert first["images"] == second["images"] == 12
    assert second["on_object"]["found"] == 1
    assert second["movement"] < first["movement"]  # landmarks stay in the half of the image that was cut out
