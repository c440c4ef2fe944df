"""What all the rest is for: landmarks that were found without labels beat a constant guess on real images."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from unsuplmk import Detector, checkpoint, config
from unsuplmk.evaluation import annotations
from unsuplmk.evaluation.evaluate import evaluate
from unsuplmk.job import Job

FACES = Path(__file__).parents[2] / "shared" / "data" / "mtfl"


def few_faces(folder: Path) -> Path:
    """A table of every sixth training face and every tenth test face."""
    with (FACES / "landmarks.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    train = [row for row in rows if row["split"] == "train"][::6]
    test = [row for row in rows if row["split"] == "test"][::10]
    path = folder / "faces.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "file": str(FACES / row["file"])} for row in train + test)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not FACES.is_dir(), reason="the faces are not at ../shared/data/mtfl")
def test_landmarks_of_real_faces_beat_a_constant_guess_and_an_untrained_network(tmp_path: Path) -> None:
    faces = few_faces(tmp_path)
    settings = config.make(
        {
            "data": str(faces),
            "landmarks": 16,
            "size": 48,
            "steps": 300,
            "batch": 24,
            "learning_rate": 3e-3,
            "warmup": 20,
            "ema": 0.95,
            "precision": "float32",
            "device": "cpu",
            "encoder": {"name": "hourglass", "width": 32, "depth": 3},
            "generator": {"name": "renderer", "width": 16, "stride": 4},
            "stage": {},
        }
    )
    folder = Job(settings).run(tmp_path / "run")
    train, test = annotations.splits(faces)
    trained = evaluate(Detector.load(folder), train, test, normalise="0,1")
    untrained = Detector(checkpoint.assemble(settings.resolved(), losses=False).eval(), settings.resolved())
    before = evaluate(untrained, train, test, normalise="0,1")
    guess = trained.figures["constant"]["error"]
    assert trained.error < 0.93 * guess
    assert trained.error < before.error
    print(f"trained {trained.error:.2f}, untrained {before.error:.2f}, constant guess {guess:.2f}")
