"""`unsuplmk consistency` on a run that has just been trained for two steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.small import settings
from unsuplmk.cli import cli
from unsuplmk.errors import UserError
from unsuplmk.media import write_image


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
    options = ["--mask", "mask", "--lighting", "light"]
    done = CliRunner().invoke(cli, ["consistency", run, str(views), *options, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["images"], found["instances"], found["views"]) == (18, 3, 3)
    assert found["on_object"]["found"] == found["area"] == 1
    assert found["lighting"] > 0
    one = CliRunner().invoke(cli, ["consistency", run, str(views), "--split", "test", "--json"], catch_exceptions=False)
    assert (json.loads(one.stdout)["images"], json.loads(one.stdout)["lighting"]) == (6, None)
    table = CliRunner().invoke(cli, ["consistency", run, str(views), *options], catch_exceptions=False).stdout
    assert "motion with viewpoint" in table
    assert "light moves" in table


def test_a_wrong_column_is_named_before_the_run_is_looked_for(views: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'azimuth_deg'"):
        CliRunner().invoke(cli, ["consistency", "no/run", str(views), "--view", "azimut_deg"], catch_exceptions=False)
