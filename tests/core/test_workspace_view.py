from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.bits import members
from gatekeeper.core.combination import Atom, Groups, Place, Standing, arising, groups_of
from gatekeeper.core.cycles import new_cycles
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.relation import Relation
from gatekeeper.core.symbols import Definition, FileFacts, How, Kind, Reference, Symbol
from gatekeeper.core.workspace_view import PathStates, WorkspaceView
from tests.core.small_fleet import relation_of, view_of

FILES = ("a/Cargo.toml", "b/Cargo.toml")
NAMES = ("x", "y")

# One file's content: which names it defines, which it refers to. None: the file is not there.
Content = tuple[frozenset[str], frozenset[str]] | None
Fleet = tuple[list[dict[str, Content]], list[dict[str, Content]], dict[tuple[int, int], int]]

_contents = st.one_of(
    st.none(),
    st.tuples(st.frozensets(st.sampled_from(NAMES)), st.frozensets(st.sampled_from(NAMES))),
)
_trees = st.fixed_dictionaries(dict.fromkeys(FILES, _contents))


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    agents = draw(st.lists(_trees, min_size=1, max_size=6))
    bases = draw(st.lists(_trees, min_size=1, max_size=3))
    pairs = list(combinations(range(len(agents)), 2))
    numbers = draw(st.lists(st.integers(0, len(bases) - 1), min_size=len(pairs), max_size=len(pairs)))
    return agents, bases, dict(zip(pairs, numbers, strict=True))


def _facts(path: str, content: tuple[frozenset[str], frozenset[str]]) -> FileFacts:
    defined, referred = content
    definitions = tuple(
        Definition(Symbol(Kind.WORKSPACE_PACKAGE, ("", n)), TreePath(path), (n,)) for n in sorted(defined)
    )
    references = tuple(
        Reference(Symbol(Kind.WORKSPACE_PACKAGE, ("", n)), TreePath(path), (n,), How.INHERITED, "")
        for n in sorted(referred)
    )
    return FileFacts(definitions, (None,) * len(definitions), references)


def _view(
    agents: Sequence[Mapping[str, Content]], bases: Sequence[Mapping[str, Content]], relation: Relation
) -> WorkspaceView:
    known: dict[Oid, Content] = {}
    states: list[PathStates] = []
    for path in FILES:
        found: dict[Oid | None, Standing] = {}
        for number, tree in enumerate((*agents, *bases)):
            content = tree[path]
            oid = None if content is None else Oid(repr(tuple(map(sorted, content))))
            if oid is not None:
                known[oid] = content
            of_agent = number < len(agents)
            one = Standing(1 << number, 0) if of_agent else Standing(0, 1 << number - len(agents))
            found[oid] = found.get(oid, Standing(0, 0)) | one
        states.append(PathStates(TreePath(path), tuple(found.items())))

    def facts(path: TreePath, oid: Oid) -> FileFacts | None:
        content = known[oid]
        return None if content is None else _facts(path, content)

    return WorkspaceView(relation=relation, paths=states, facts=facts, existence={}, trunk_paths=frozenset())


def _atoms(tree: Mapping[str, Content]) -> frozenset[tuple[str, str, str]]:
    """Return (what, file, name) for all that stands in ``tree``, its files included."""
    found: set[tuple[str, str, str]] = set()
    for path, content in tree.items():
        if content is not None:
            found.add(("file", path, ""))
            found |= {("definition", path, name) for name in content[0]}
            found |= {("reference", path, name) for name in content[1]}
    return frozenset(found)


def _faults(atoms: frozenset[tuple[str, str, str]]) -> set[tuple[str, str]]:
    defined = {name for what, _, name in atoms if what == "definition"}
    return {
        (path, name)
        for what, path, name in atoms
        if what == "reference" and name not in defined and ("file", path, "") in atoms
    }


def _by_brute_force(fleet: Fleet) -> set[tuple[int, int, str, str]]:
    agents, bases, table = fleet
    found: set[tuple[int, int, str, str]] = set()
    for (a, b), number in table.items():
        left, right, base = _atoms(agents[a]), _atoms(agents[b]), _atoms(bases[number])
        merge = (base & left & right) | ((left | right) - base)
        new = _faults(merge) - _faults(left) - _faults(right) - _faults(base)
        found |= {(a, b, path, name) for path, name in new}
    return found


@given(fleets())
def test_dangling_references_are_those_of_every_pairs_merge(fleet: Fleet) -> None:
    agents, bases, table = fleet
    view = _view(agents, bases, relation_of(len(agents), table, len(bases)))
    found: list[tuple[int, int, str, str]] = []
    for dangling in view.dangling(Kind.WORKSPACE_PACKAGE):
        for a in members(dangling.left):
            for b in members(dangling.right):
                found.append((min(a, b), max(a, b), dangling.reference.path, dangling.reference.symbol.name[1]))
                base = bases[table[min(a, b), max(a, b)]]
                taken = ("definition", dangling.definition.path, dangling.definition.symbol.name[1])
                assert taken in _atoms(base)
                assert taken not in _atoms(agents[a])
    assert len(found) == len(set(found)), "a pair is reported twice"
    assert set(found) == _by_brute_force(fleet)


@given(
    agents=st.lists(st.integers(0, 15), min_size=1, max_size=6),
    bases=st.lists(st.integers(0, 15), min_size=1, max_size=3),
    faulty=st.frozensets(st.integers(0, 15)),
    data=st.data(),
)
def test_any_fault_of_four_atoms_is_found_for_the_right_pairs(
    agents: list[int], bases: list[int], faulty: frozenset[int], data: st.DataObject
) -> None:
    pairs = list(combinations(range(len(agents)), 2))
    table = {pair: data.draw(st.integers(0, len(bases) - 1)) for pair in pairs}
    standings = [
        Standing(
            sum(1 << n for n, bits in enumerate(agents) if bits >> atom & 1),
            sum(1 << n for n, bits in enumerate(bases) if bits >> atom & 1),
        )
        for atom in range(4)
    ]
    relation = relation_of(len(agents), table, len(bases))
    found = [
        (min(a, b), max(a, b))
        for answer in arising(relation, Groups.of(relation, standings), faulty.__contains__)
        for a in members(answer.left)
        for b in members(answer.right)
    ]
    expected = set()
    for (a, b), number in table.items():
        base = bases[number]
        merged = (base & agents[a] & agents[b]) | (~base & (agents[a] | agents[b]))
        if merged in faulty and not {agents[a], agents[b], base} & faulty:
            expected.add((a, b))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_groups_are_a_partition() -> None:
    assert sorted(groups_of(0b1111, [0b0011, 0b0110])) == [(0, 0b1000), (1, 0b0001), (2, 0b0100), (3, 0b0010)]
    assert groups_of(0, [1]) == []


_EDGES = st.frozensets(st.tuples(st.sampled_from("wxyz"), st.sampled_from("wxyz")), max_size=5)


def _acyclic(edges: frozenset[tuple[str, str]]) -> bool:
    left = set(edges)
    while ends := {edge for edge in left if edge[1] not in {source for source, _ in left}}:
        left -= ends
    return not left


@given(agents=st.lists(_EDGES, min_size=2, max_size=5), bases=st.lists(_EDGES, min_size=1, max_size=2), data=st.data())
def test_cycles_are_those_of_every_pairs_merge(
    agents: list[frozenset[tuple[str, str]]], bases: list[frozenset[tuple[str, str]]], data: st.DataObject
) -> None:
    agents, bases = list(filter(_acyclic, agents)), list(filter(_acyclic, bases)) or [frozenset()]
    pairs = list(combinations(range(len(agents)), 2))
    table = {pair: data.draw(st.integers(0, len(bases) - 1)) for pair in pairs}
    edges = {
        edge: [
            Atom(
                Standing(
                    sum(1 << n for n, held in enumerate(agents) if edge in held),
                    sum(1 << n for n, held in enumerate(bases) if edge in held),
                ),
                Place(TreePath("Cargo.toml"), edge),
            )
        ]
        for edge in frozenset().union(*agents, *bases)
    }
    everywhere = Standing((1 << len(agents)) - 1, (1 << len(bases)) - 1)
    found: list[tuple[int, int]] = []
    for cycle in new_cycles(relation_of(len(agents), table, len(bases)), everywhere, edges):
        closed = set(pairwise((*cycle.nodes, cycle.nodes[0])))
        for a in members(cycle.left):
            for b in members(cycle.right):
                base = bases[table[min(a, b), max(a, b)]]
                assert closed <= (base & agents[a] & agents[b]) | ((agents[a] | agents[b]) - base)
                assert cycle.left_deed.place.key in agents[a] - agents[b]
                assert cycle.right_deed.place.key in agents[b] - agents[a]
                found.append((min(a, b), max(a, b)))
    expected = {
        (a, b)
        for (a, b), number in table.items()
        if not _acyclic((bases[number] & agents[a] & agents[b]) | ((agents[a] | agents[b]) - bases[number]))
    }
    assert set(found) == expected


ROOT = '[workspace]\nmembers = ["a"]\n[workspace.package]\nlicense = "MIT"\n'
PLAIN = '[package]\nname = "a"\nversion = "1.0.0"\n'
INHERITING = PLAIN + "license.workspace = true\n"
WITHOUT = '[workspace]\nmembers = ["a"]\n'


def _pairs(view: WorkspaceView) -> set[tuple[int, int]]:
    return {
        (a, b)
        for found in view.dangling(Kind.WORKSPACE_PACKAGE)
        for a in members(found.left)
        for b in members(found.right)
    }


def test_agents_with_the_same_content_are_one_side() -> None:
    base = {"Cargo.toml": ROOT, "a/Cargo.toml": PLAIN}
    removing = base | {"Cargo.toml": WITHOUT}
    using = base | {"a/Cargo.toml": INHERITING}
    view = view_of([removing, using, removing, using, base], [base])
    (found,) = view.dangling(Kind.WORKSPACE_PACKAGE)
    assert (found.left, found.right) == (0b00101, 0b01010)


def test_a_fault_that_one_side_has_alone_is_not_of_the_pair() -> None:
    base = {"Cargo.toml": ROOT, "a/Cargo.toml": INHERITING}
    view = view_of([base | {"Cargo.toml": WITHOUT}, base | {"b/Cargo.toml": INHERITING}], [base])
    assert {found.reference.path for found in view.dangling(Kind.WORKSPACE_PACKAGE)} == {"b/Cargo.toml"}


def test_stacked_agents_are_judged_on_their_shared_commit() -> None:
    trunk = {"Cargo.toml": WITHOUT, "a/Cargo.toml": PLAIN}
    shared = trunk | {"Cargo.toml": ROOT}
    agents = [trunk, shared | {"a/Cargo.toml": INHERITING}]
    assert _pairs(view_of(agents, [trunk, shared], relation_of(2, {(0, 1): 1}, 2))) == {(0, 1)}
    assert _pairs(view_of(agents, [trunk, shared], relation_of(2, {(0, 1): 0}, 2))) == set()


def test_a_manifest_that_cannot_be_read_is_taken_to_say_what_trunk_says() -> None:
    base = {"Cargo.toml": ROOT, "a/Cargo.toml": PLAIN}
    view = view_of([base | {"Cargo.toml": "= nonsense"}, base | {"a/Cargo.toml": INHERITING}], [base])
    assert _pairs(view) == set()


def test_a_view_without_agents_finds_nothing() -> None:
    view = view_of([], [{"Cargo.toml": ROOT}])
    assert view.dangling(Kind.WORKSPACE_PACKAGE) == ()


@pytest.mark.parametrize("count", [400])
def test_cost_follows_the_changes_not_the_pairs(count: int) -> None:
    base = {"Cargo.toml": ROOT, "a/Cargo.toml": PLAIN}
    agents = [
        base | {f"c{n}/Cargo.toml": f'[package]\nname = "c{n}"\nlicense.workspace = true\n'} for n in range(count)
    ]
    agents[0] = base | {"Cargo.toml": WITHOUT}
    view = view_of(agents, [base])
    found = view.dangling(Kind.WORKSPACE_PACKAGE)
    assert len(found) == count - 1
    assert all(each.left == 1 for each in found)
