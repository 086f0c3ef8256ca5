"""Small fleets made of plain dictionaries, and what workspace rules say of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from gatekeeper.core.bits import mask_of
from gatekeeper.core.document import Document, parse
from gatekeeper.core.file_moves import FileMoves, Moves
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.new_names import hits_of
from gatekeeper.core.relation import Relation
from gatekeeper.core.rules.registry import WorkspaceRule, all_rules
from gatekeeper.core.rust_source_facts import is_rust, rust_facts
from gatekeeper.core.schema import profile_for
from gatekeeper.core.similarity import fingerprint, may_be_rename
from gatekeeper.core.symbols import FileFacts
from gatekeeper.core.tool_facts import is_script, script_facts
from gatekeeper.core.workspace import file_facts, is_toolchain_file, toolchain_facts
from gatekeeper.core.workspace_view import PathStates, SourceReader, Standing, WorkspaceHit, WorkspaceView

Tree = Mapping[str, str]

CASES = Path(__file__).parents[2] / "fixtures" / "cases"


def relation_of(agents: int, bases: Mapping[tuple[int, int], int] | None = None, base_count: int = 1) -> Relation:
    """Return a relation in which the pairs of ``bases`` meet on the base given there, all others on trunk."""
    rows: list[dict[int, int]] = []
    for agent in range(agents):
        row: dict[int, int] = {}
        for other in range(agents):
            if other != agent:
                pair = (min(agent, other), max(agent, other))
                base = (bases or {}).get(pair, 0)
                row[base] = row.get(base, 0) | 1 << other
        rows.append(row)
    names = tuple(Oid(f"{number:040x}") for number in range(base_count))
    return Relation((names[:1],) * agents, names, tuple({} for _ in range(agents)), tuple(rows))


def view_of(
    agents: Sequence[Tree],
    bases: Sequence[Tree],
    relation: Relation | None = None,
    read: list[TreePath] | None = None,
) -> WorkspaceView:
    """Return the view of what ``agents`` would land and of ``bases``, the first of which is trunk.

    ``read`` gets the paths whose contents are asked for.
    """
    blobs: dict[Oid, str] = {}
    asked = [] if read is None else read

    def blob(text: str) -> Oid:
        oid = Oid(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
        blobs[oid] = text
        return oid

    states: list[PathStates] = []
    scripts: list[PathStates] = []
    existence: dict[TreePath, Standing] = {}
    edited: dict[TreePath, int] = {}
    for name in sorted({path for tree in (*agents, *bases) for path in tree}):
        path = TreePath(name)
        found = _states(path, agents, bases, blob)
        if path.endswith(".toml") or is_toolchain_file(path):
            states.append(found)
        elif is_script(path) and len(found.states) > 1:
            scripts.append(found)
        having = Standing(
            mask_of(n for n, tree in enumerate(agents) if path in tree),
            mask_of(n for n, tree in enumerate(bases) if path in tree),
        )
        if having.agents.bit_count() + having.bases.bit_count() < len(agents) + len(bases):
            existence[path] = having
        if path in bases[0]:
            edited[path] = mask_of(
                n for n, tree in enumerate(agents) if tree.get(path, bases[0][path]) != bases[0][path]
            )

    def facts(path: TreePath, oid: Oid) -> FileFacts | None:
        asked.append(path)
        return _facts(path, blobs[oid].encode())

    return WorkspaceView(
        relation=relation or relation_of(len(agents)),
        paths=states,
        facts=facts,
        existence=existence,
        trunk_paths=frozenset(TreePath(path) for path in bases[0]),
        edited={path: mask for path, mask in edited.items() if mask},
        scripts=scripts,
        sources=SourceReader(
            frozenset(path for path in {*existence, *edited} if is_rust(path)),
            lambda path: _states(path, agents, bases, blob),
            lambda oid: blobs[oid].encode(),
            facts,
        ),
        moves=FileMoves(Moves(names, 1 << n) for n, tree in enumerate(agents) if (names := _moved(bases[0], tree))),
    )


def _moved(trunk: Tree, tree: Tree) -> dict[TreePath, TreePath]:
    """Return the files of ``trunk`` that have other names in ``tree``, as far as resemblance tells."""
    names: dict[TreePath, TreePath] = {}
    for new in sorted(tree.keys() - trunk.keys()):
        for old in sorted(trunk.keys() - tree.keys() - names.keys(), key=lambda old: trunk[old] != tree[new]):
            if may_be_rename(*(fingerprint(text.encode()) for text in (trunk[old], tree[new]))):
                names[TreePath(old)] = TreePath(new)
                break
    return names


def _facts(path: TreePath, content: bytes) -> FileFacts | None:
    if is_rust(path):
        return rust_facts(path, content)
    if is_toolchain_file(path):
        return toolchain_facts(path, content)
    profile = profile_for(path)
    if profile is None:
        return script_facts(path, content)
    document = parse(content, profile)
    return file_facts(path, document) if isinstance(document, Document) else None


def _states(path: TreePath, agents: Sequence[Tree], bases: Sequence[Tree], blob: Callable[[str], Oid]) -> PathStates:
    found: dict[Oid | None, Standing] = {}
    for bit, (tree, of_agent) in _numbered(agents, bases):
        oid = blob(tree[path]) if path in tree else None
        held = found.get(oid, Standing(0, 0))
        found[oid] = held | (Standing(1 << bit, 0) if of_agent else Standing(0, 1 << bit))
    return PathStates(path, tuple(found.items()))


def _numbered(agents: Sequence[Tree], bases: Sequence[Tree]) -> Iterable[tuple[int, tuple[Tree, bool]]]:
    yield from ((n, (tree, True)) for n, tree in enumerate(agents))
    yield from ((n, (tree, False)) for n, tree in enumerate(bases))


def hits(view: WorkspaceView, without: str | None = None) -> list[WorkspaceHit]:
    """Return what all workspace rules say, but for the rule ``without``."""
    rules = [rule for rule in all_rules().values() if isinstance(rule, WorkspaceRule)]
    return hits_of(view, lambda seen: (hit for rule in rules if rule.info.id != without for hit in rule.check(seen)))


def rules_hit(agents: Sequence[Tree], base: Tree) -> list[str]:
    """Return the ids of the rules that speak of these agents, sorted."""
    return sorted({str(hit.hit.rule) for hit in hits(view_of(agents, [base]))})


def read_tree(directory: Path) -> dict[str, str]:
    """Return the files below ``directory``."""
    return {path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()}


def changed(base: Tree, change: Mapping[str, str | None]) -> dict[str, str]:
    """Return ``base`` with some files replaced, added or (None) deleted."""
    merged: dict[str, str | None] = {**base, **change}
    return {path: text for path, text in merged.items() if text is not None}
