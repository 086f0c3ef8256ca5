"""Manifests that are valid TOML and nonsense as manifests: always a report, never a traceback."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.findings import AgentState
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.e2e.whole_manifests import WHOLE, Tree
from tests.kit import Files, RepositoryBuilder

Steps: TypeAlias = tuple[str | int, ...]

_SOURCES: Files = {"crates/api/src/lib.rs": "", "crates/store/src/lib.rs": "", "crates/api/build.rs": "fn main() {}\n"}
_SECONDS = 30
_GONE = object()
_NONSENSE: tuple[Any, ...] = (
    _GONE, 3, -1, 1.5, True, "", "x", "../../..", "/", ".",
    "*", "**", "[", "{a", "crates/*/Cargo.toml", "Makefile.toml",
    "\N{SNOWMAN} \u202e", "${A", "one", "dep:", "/", "a/b/c", "=", ">=,<", "1.x.y.z", [], [1], [[]], [{}], ["", "x", 3],
    ["../..", "/etc/*", "crates/*", "!"], {}, {"a": 1}, {"": ""}, {"name": 3}, {"path": ["x"]}, {"workspace": "true"},
    {"workspace": False}, [{"name": {"name": "x"}}, "x"], {"x": {"y": {"z": []}}}, datetime(2026, 1, 1, tzinfo=UTC),
    ["x"] * 3, "x" * 500, {"path": "../../../outside"}, {"path": "."}, {"version": 1}, ["one", "one", {"name": "one"}],
)  # fmt: skip


def _steps(value: Any, above: Steps = ()) -> Iterator[Steps]:
    """Yield the way to every value inside ``value``."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in inner:
        yield (*above, step)
        yield from _steps(below, (*above, step))


_PLACES = [(path, steps) for path, tree in WHOLE.items() for steps in _steps(tree)]
_SPOILED = st.lists(st.tuples(st.sampled_from(_PLACES), st.sampled_from(_NONSENSE)), min_size=1, max_size=6)


def _spoil(tree: Tree, steps: Steps, nonsense: Any) -> None:
    """Put nonsense at a place, unless something above has been replaced already."""
    holder: Any = tree
    for step in steps[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return
    last = steps[-1]
    if isinstance(holder, dict) and nonsense is _GONE:
        holder.pop(last, None)
    elif isinstance(holder, dict) or (isinstance(holder, list) and isinstance(last, int) and last < len(holder)):
        holder[last] = "" if nonsense is _GONE else copy.deepcopy(nonsense)  # type: ignore[index]


def _files(spoiled: list[tuple[tuple[str, Steps], Any]]) -> Files:
    trees = copy.deepcopy(dict(WHOLE))
    for (path, steps), nonsense in spoiled:
        _spoil(trees[path], steps, nonsense)
    return {path: tomlkit.dumps(tree) for path, tree in trees.items()}


def _scanned(repository: RepositoryBuilder) -> dict[str, Any]:
    report = scan(ScanRequest(str(repository.root), cache=False))
    assert {agent.state for agent in report.agents} <= {AgentState.MERGEABLE, AgentState.LANDED}
    told: dict[str, Any] = json.loads(scan_json(report))
    return told


@given(base=st.one_of(st.just([]), _SPOILED), agents=st.lists(_SPOILED, min_size=2, max_size=5))
def test_every_key_may_hold_anything(
    base: list[tuple[tuple[str, Steps], Any]],
    agents: list[list[tuple[tuple[str, Steps], Any]]],
    new_repository: Callable[[], RepositoryBuilder],
) -> None:
    repository = new_repository()
    repository.commit("main", {**_files(base), **_SOURCES})
    for number, spoiled in enumerate(agents):
        repository.branch(f"a{number}")
        repository.commit(f"a{number}", _files(base + spoiled))
    told = _scanned(repository)
    assert len(told["agents"]) == len(agents)
    assert all(finding["message"] for finding in told["findings"])


@pytest.mark.parametrize("listed", [True, False])
def test_a_workspace_of_ten_thousand_members_takes_seconds(*, listed: bool, repository: RepositoryBuilder) -> None:
    names = [f"c{number:04}" for number in range(10_000)]
    members = [f"crates/{name}" for name in names] if listed else ["crates/*"]
    root = f'[workspace]\nresolver = "2"\nmembers = {json.dumps(members)}\n'
    package = '[package]\nname = "{}"\nversion = "0.1.0"\n'
    needs = package.format("c0002") + '[dependencies]\nc0001 = { path = "../c0001" }\n'
    repository.commit(
        "main", {f"crates/{name}/Cargo.toml": package.format(name) for name in names} | {"Cargo.toml": root}
    )
    repository.branch("left")
    repository.commit("left", {"crates/c0001": None, "Cargo.toml": root.replace('"crates/c0001", ', "")})
    repository.branch("right")
    repository.commit("right", {"crates/c0002/Cargo.toml": needs})
    start = time.process_time()
    told = _scanned(repository)
    assert time.process_time() - start < _SECONDS
    assert "dep-path-crate-deleted" in {finding["rule"] for finding in told["findings"]}
