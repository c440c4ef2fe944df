"""Tests of what is held out for tests."""

from __future__ import annotations

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.frames.holdout import select

NAMES = [f"v{i % 7}/img{i}.png" for i in range(100)]


@pytest.mark.parametrize("share", [0.001, 0.05, 0.2, 0.5, 0.999])
def test_train_and_test_are_all_items_once_and_neither_is_empty(share: float) -> None:
    train, test = (select(NAMES, split, share, 0).tolist() for split in ("train", "test"))
    assert sorted(train + test) == list(range(100))
    assert len(test) == min(max(1, round(100 * share)), 99)
    assert train == sorted(train)
    assert test == sorted(test)


def test_all_takes_every_item_even_a_single_one() -> None:
    assert select(["a"], "all", 0.2, 0).tolist() == [0]
    assert select(NAMES, "all", 0.2, 5).tolist() == list(range(100))


def test_items_of_one_group_are_in_one_split() -> None:
    groups = [name.partition("/")[0] for name in NAMES]
    test = {groups[i] for i in select(groups, "test", 0.3, 1)}
    assert len(test) == 2
    assert not test & {groups[i] for i in select(groups, "train", 0.3, 1)}


def test_the_choice_follows_from_names_and_seed_and_not_from_the_order() -> None:
    chosen = {NAMES[i] for i in select(NAMES, "test", 0.2, 3)}
    shuffled = np.random.default_rng(0).permutation(NAMES).tolist()
    assert {shuffled[i] for i in select(shuffled, "test", 0.2, 3)} == chosen
    assert {NAMES[i] for i in select(NAMES, "test", 0.2, 4)} != chosen


def test_the_choice_is_the_same_tomorrow() -> None:
    names = [f"{i}" for i in range(10)]
    assert select(names, "test", 0.3, 0).tolist() == [2, 4, 6]


def test_items_that_are_added_move_few_others() -> None:
    before = {NAMES[i] for i in select(NAMES, "test", 0.2, 0)}
    more = [*NAMES, *(f"w/img{i}.png" for i in range(5))]
    after = {more[i] for i in select(more, "test", 0.2, 0)}
    assert len(before - after) <= 5


def test_of_one_group_nothing_can_be_held_out() -> None:
    with pytest.raises(UserError, match=r"all 3 frames belong to früh; .*--dataset\.split all"):
        select(["früh"] * 3, "test", 0.2, 0)
