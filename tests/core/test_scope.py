"""R-43."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName, KeyPath, RefName, TreePath
from gatekeeper.core.place_patterns import parse_place_pattern
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster
from gatekeeper.core.watch.scope import Outside, in_scope, owners, places_outside
from gatekeeper.core.watch.who import phase_of, spec_of

Changed = dict[TreePath, frozenset[KeyPath] | None]


def spec(*scope: str, name: str = "one", branch: str | None = None) -> AgentSpec:
    patterns = tuple(map(parse_place_pattern, scope))
    return AgentSpec(AgentName(name), RefName(branch or name), scope=patterns)


def changed(**files: list[str] | None) -> Changed:
    """Return places; ``__`` in a name stands for a slash, and ``_`` for a dot."""
    return {
        TreePath(name.replace("__", "/").replace("_", ".")): None
        if keys is None
        else frozenset(tuple(key.split(".")) for key in keys)
        for name, keys in files.items()
    }


def told(agent: AgentSpec, places: Changed, *manifests: str) -> dict[str, list[str]]:
    found = places_outside(agent, places, [TreePath(path) for path in manifests])
    return {place.path: [".".join(key) for key in place.keys] for place in found}


@pytest.mark.parametrize(
    ("scope", "places", "outside"),
    [
        ([], changed(a_md=None), {}),
        (["a.md"], changed(a_md=None, b_md=None), {"b.md": []}),
        (["Cargo.toml"], changed(Cargo_toml=["a", "b.c"]), {}),
        (["Cargo.toml#a"], changed(Cargo_toml=["a", "b.c"]), {"Cargo.toml": ["b.c"]}),
        (["Cargo.toml#a", "*.toml#b.**"], changed(Cargo_toml=["a", "b.c"]), {}),
        (["Cargo.toml#a"], changed(Cargo_toml=[]), {}),
        (["other.toml#a"], changed(Cargo_toml=[]), {"Cargo.toml": []}),
        (["Cargo.toml#**"], changed(Cargo_toml=None), {"Cargo.toml": []}),
        (["x"], changed(Cargo_toml=["a", "b.c"]), {"Cargo.toml": ["a", "b.c"]}),
    ],
)
def test_what_lies_outside(scope: list[str], places: Changed, outside: dict[str, list[str]]) -> None:
    assert told(spec(*scope), places) == outside


@pytest.mark.parametrize(
    ("scope", "lock", "allowed"),
    [
        ("Cargo.toml#dependencies.**", "Cargo.lock", True),
        ("crates/x/**", "Cargo.lock", True),
        ("crates/x/src/**", "Cargo.lock", False),
        ("Makefile.toml", "Cargo.lock", False),
        ("Cargo.toml", "fuzz/Cargo.lock", False),
        ("fuzz/Cargo.toml", "fuzz/Cargo.lock", True),
        ("new/**", "Cargo.lock", False),
    ],
)
def test_a_lock_file_follows_from_the_manifests_of_its_workspace(scope: str, lock: str, allowed: bool) -> None:  # noqa: FBT001
    manifests = ("Cargo.toml", "crates/x/Cargo.toml", "fuzz/Cargo.toml")
    assert (told(spec(scope), {TreePath(lock): frozenset({("package",)})}, *manifests) == {}) is allowed


def test_a_manifest_of_the_change_itself_counts_for_the_lock_file() -> None:
    places = changed(Cargo_lock=["package.a"], new__Cargo_toml=["package.name"])
    assert told(spec("new/**"), places) == {}


def test_owners_are_those_whose_scope_covers_all_of_it() -> None:
    agents = [spec("a.toml#x.**", name="x"), spec("a.toml", name="all"), spec(name="anything")]
    roster = Roster(MappingProxyType({agent.name: agent for agent in agents}))
    path = TreePath("a.toml")
    assert owners(roster, Outside(path, (("x", "y"),))) == ("x", "all")
    assert owners(roster, Outside(path, (("x", "y"), ("z",)))) == ("all",)
    assert owners(roster, Outside(path)) == ("all",)


_KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)
_WRITTEN = ("f.toml", "f.toml#a", "f.toml#a.**", "*.toml#*.b", "g/**", "**#c.*", "f.toml#**")
_PATHS = st.sampled_from(["f.toml", "g/h.toml"]).map(TreePath)


@given(st.lists(st.sampled_from(_WRITTEN)), st.dictionaries(_PATHS, st.none() | st.frozensets(_KEYS)))
def test_each_place_is_told_or_covered(patterns: list[str], places: Changed) -> None:
    agent = spec(*patterns)
    found = {place.path: place.keys for place in places_outside(agent, places)}
    for path, keys in places.items():
        if keys:
            assert set(found.get(path, ())) == {key for key in keys if not in_scope(agent, path, key)}
        elif keys is None:
            assert (path not in found) is in_scope(agent, path, None)


def test_a_branch_leads_to_its_agent() -> None:
    agents = [spec(name="one", branch="refs/heads/work/one"), spec(name="two")]
    phases = {PhaseName("first"): PhaseSpec(PhaseName("first"), (AgentName("two"),))}
    roster = Roster(MappingProxyType({agent.name: agent for agent in agents}), MappingProxyType(phases))
    for ref in ("refs/heads/work/one", "refs/remotes/origin/work/one"):
        assert spec_of(roster, RefName(ref)) is agents[0]
    assert spec_of(roster, RefName("refs/heads/one")) is None
    assert spec_of(roster, RefName("refs/heads/two")) is agents[1]
    assert (phase_of(roster, AgentName("one")), phase_of(roster, AgentName("two"))) == (None, "first")
