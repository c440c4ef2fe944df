"""What Slurm's options may be set to: what Slurm takes passes unchanged, everything else is refused."""

from __future__ import annotations

import click
import pytest

from unsuplmk_slurm.values import Extra, Gpus, GpusType, Line, Memory, Span, seconds, spoken


@pytest.mark.parametrize(
    ("span", "length", "words"),
    [
        ("30", 30 * 60, "30 min"),
        ("8:00", 8 * 60, "8 min"),  # as Slurm reads it
        ("90:30", 90 * 60 + 30, "1 h 30 min 30 s"),
        ("8:00:00", 8 * 3600, "8 h"),
        ("2-0", 2 * 86400, "48 h"),
        ("1-12:30", 86400 + 12 * 3600 + 30 * 60, "36 h 30 min"),
        ("1-00:00:01", 86400 + 1, "24 h 1 s"),
    ],
)
def test_a_span_is_as_long_as_slurm_takes_it_to_be(span: str, length: int, words: str) -> None:
    assert Span().convert(span, None, None) == span
    assert seconds(span) == length
    assert spoken(span) == words


@pytest.mark.parametrize("span", ["", "0", "0:00", "8h", "-1", "8:0:0", "1:2:3:4", "1-", "UNLIMITED", "8:00:00\n", "٣"])
def test_what_is_no_span_is_refused(span: str) -> None:
    with pytest.raises(click.BadParameter, match="no span of time; as in 30"):
        Span().convert(span, None, None)


@pytest.mark.parametrize("size", ["0", "32G", "32GB", "500M", "1t", "4096"])
def test_amounts_of_memory_pass_unchanged(size: str) -> None:
    assert Memory().convert(size, None, None) == size


@pytest.mark.parametrize("size", ["", "32 G", "G", "-1G", "1.5G", "32Gi", "lots", "32G\n"])
def test_what_is_no_amount_of_memory_is_refused(size: str) -> None:
    with pytest.raises(click.BadParameter, match="no amount of memory"):
        Memory().convert(size, None, None)


def test_gpus_are_a_number_or_a_model_and_a_number() -> None:
    assert GpusType().convert("4", None, None) == Gpus(4)
    assert GpusType().convert("a100:8", None, None) == Gpus(8, "a100")
    for text in ("", "-1", "a100", "a100:", ":4", "4:a100", "a 1:4", "4.0"):
        with pytest.raises(click.BadParameter, match="no number of GPUs"):
            GpusType().convert(text, None, None)


def test_what_would_leave_its_line_of_the_script_is_refused() -> None:
    assert Line().convert("gpu long", None, None) == "gpu long"
    assert Extra().convert("--exclude=node3", None, None) == "--exclude=node3"
    for text in ("", " ", "gpu\n#SBATCH --time=1"):
        with pytest.raises(click.BadParameter, match="empty or has more than one line"):
            Line().convert(text, None, None)
    for text in ("exclude=node3", "-x", "--exclude node3", "--mail-type=END\n", "--"):
        with pytest.raises(click.BadParameter, match="no option in one word"):
            Extra().convert(text, None, None)
