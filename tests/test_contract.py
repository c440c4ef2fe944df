"""Every registered part, ours and installed plugins', keeps the contract of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from unsuplmk import registry, testing
from unsuplmk.errors import UserError
from unsuplmk.plugins import host

CASES = [
    pytest.param(kind, name, check, id=f"{kind}-{name}-{check.__name__}")
    for kind in registry.KINDS
    for name in registry.components(kind)
    for check in testing.checks(kind)
]


@pytest.mark.parametrize(("kind", "name", "check"), CASES)
def test_every_part_keeps_its_contract(
    kind: str,
    name: str,
    check: testing.Check,
    part_options: Mapping[tuple[str, str], Mapping[str, object]],
    part_path: Callable[[str], Path],
) -> None:
    path = part_path(name) if registry.takes_path(registry.find(kind, name)) else ""
    check(testing.Part.find(kind, name, part_options.get((kind, name), {}), path))


def test_every_kind_has_checks_of_its_own() -> None:
    for kind in registry.KINDS:
        assert len(testing.checks(kind)) > 2, kind


def test_no_plugin_is_broken() -> None:
    assert not host().broken


def test_a_contract_for_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'encoder'"):
        testing.contract("encodr", "convnet")


test_the_one_line_form = testing.contract("encoder", "convnet", width=8)
