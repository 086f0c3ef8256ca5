"""Rust sources that forbid what a combination of manifests asks for, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from gatekeeper.core.cfg_conditions import in_some_build, together
from gatekeeper.core.combination import Atom, Place, Question
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named, use_atom
from gatekeeper.core.rust_modules import RustModules
from gatekeeper.core.rust_sources import RustSources, Said
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.tree_paths import directory_of, join
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_ASKS = frozenset({How.REQUESTED, How.INHERITED_FEATURE, How.SHARED_REQUEST})
_DEV = "dev-dependencies"

EXCLUSIVE = RuleInfo(
    id=RuleId("feature-mutually-exclusive-unified"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="Two crates each ask a third one for a feature, and its sources do not compile with both features.",
    explanation=(
        "Cargo builds a crate once, with every feature that anybody asks for. That two features exclude each other is "
        "known from `#[cfg(all(feature = …, feature = …))] compile_error!(…)` in the crate's `lib.rs` or `main.rs`, "
        "and the requests from the dependencies of the workspace; what one feature turns on is not followed."
    ),
    settles="Agree on one of the features, or let the crate choose between them at run time.",
    fixtures=("feature-mutually-exclusive-unified", "feature-mutually-exclusive-unified--under-a-feature"),
    tool_says="error: f1 and f5 are mutually exclusive",
)
FORBID_VS_ALLOW = RuleInfo(
    id=RuleId("lint-forbid-vs-allow-attr"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side forbids a lint in the manifest; the other side's sources set it to a milder level.",
    explanation=(
        "`forbid` means that no attribute can take it back: `allow`, `warn` and `expect` of the same lint are errors. "
        "Found is the lint by its own name, in the crate's `[lints]` or in the workspace's that it inherits. It is "
        "left alone under a `cfg` that does not always hold, in a macro, and in a source that is never compiled."
    ),
    settles="Set the lint to `deny`, which bears exceptions, or do without the attribute.",
    fixtures=(
        "lint-forbid-vs-allow-attr",
        "lint-forbid-vs-allow-attr--workspace",
        "lint-forbid-vs-allow-attr--cfg-attr",
    ),
    tool_says="allow(unsafe_code) incompatible with previous forbid",
)


@workspace_rule(FORBID_VS_ALLOW)
def lint_forbid_vs_allow_attr(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Lints that a crate forbids, or inherits so."""
    for symbol in sorted(view.index.changed(Kind.FORBIDDEN_LINT)):
        directory, lint = symbol.name
        yield from _attributes(view, directory, lint, view.atoms(Kind.FORBIDDEN_LINT, *symbol.name), None)
    for symbol in sorted(view.index.changed(Kind.SHARED_FORBIDDEN_LINT)):
        root, lint = symbol.name
        for use in view.uses(Kind.WORKSPACE_TABLE, root, "lints"):
            forbidding = view.atoms(Kind.SHARED_FORBIDDEN_LINT, root, lint)
            yield from _attributes(view, directory_of(use.reference.path), lint, forbidding, use_atom(use))


def _attributes(
    view: WorkspaceView, directory: str, lint: str, forbidding: list[Atom], inherits: Atom | None
) -> Iterator[WorkspaceHit]:
    for path, attributes in _compiled_attributes(view, directory, lint).items():
        question = Question(view.everywhere)
        forbids = question.any_of(forbidding)
        needed = question.any_of([inherits]) if inherits is not None else forbids
        milder = question.any_of(attributes)

        def fault(bits: int, forbids: int = forbids, needed: int = needed, milder: int = milder) -> bool:
            return bool(bits & forbids and bits & needed and bits & milder)

        for answer in question.ask(view.relation, fault, forbids | needed):
            deeds = question.deeds(answer, forbids | needed, milder)
            if deeds is not None:
                message = (
                    f"{{left}} forbids {named(lint)} in {named(forbidding[0].place.path)}; {{right}} writes "
                    f"{named(f'#[{deeds[1].place.shown}]')} in {named(path)}, which is an error then."
                )
                yield combined_hit(FORBID_VS_ALLOW, answer, deeds, message)


def _compiled_attributes(view: WorkspaceView, directory: str, lint: str) -> dict[TreePath, list[Atom]]:
    """Return the attributes that every build, or every build of tests, takes in, by source."""
    files: dict[TreePath, list[Said]] = {}
    for one in view.shared(RustSources).said(directory, Kind.LINT_ATTRIBUTE, lint):
        files.setdefault(one.path, []).append(one)
    found: dict[TreePath, list[Atom]] = {}
    for path, said in files.items():
        # What stands everywhere nobody writes beside the other's change.
        varies = any(one.standing != view.everywhere for one in said)
        for way, one in product(view.shared(RustModules).ways(directory, path) if varies else (), said):
            if in_some_build(together((way.condition, one.name[1])), {}):
                place = Place(path, (), f"{one.name[2]}({lint})")
                found.setdefault(path, []).append(Atom(way.narrowed(one.standing), place))
    return found


@workspace_rule(EXCLUSIVE)
def feature_mutually_exclusive_unified(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Crates of which several features are asked for, and not by everybody."""
    for directory, asked in sorted(_varying(view).items()):
        sources = view.shared(RustSources)
        for name in ("lib.rs", "main.rs"):
            path = TreePath(join(directory, f"src/{name}"))
            for said in sources.said_at(path, Kind.EXCLUSIVE_FEATURES, "compile_error"):
                if set(said.name) <= asked.keys():
                    yield from _together(view, directory, said, asked)


def _varying(view: WorkspaceView) -> dict[str, dict[str, list[Atom]]]:
    """Return directory -> feature -> who asks for it, for crates of which at least two features are asked for."""
    found: dict[str, dict[str, list[Atom]]] = {}
    varying: set[str] = set()
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.FEATURE:
            continue
        atoms = [use_atom(use) for use in uses if use.reference.how in _ASKS and _DEV not in use.reference.key]
        if atoms:
            directory, feature = symbol.name
            found.setdefault(directory, {})[feature] = atoms
            if any(atom.standing != view.everywhere for atom in atoms):
                varying.add(directory)
    return {directory: found[directory] for directory in varying if len(found[directory]) > 1}


def _together(
    view: WorkspaceView, directory: str, said: Said, asked: Mapping[str, list[Atom]]
) -> Iterator[WorkspaceHit]:
    question = Question(view.everywhere)
    excludes = question.any_of([Atom(said.standing, Place(said.path, ()))])
    masks = [question.any_of(asked[feature]) for feature in said.name]
    asking = 0
    for mask in masks:
        asking |= mask

    def fault(bits: int) -> bool:
        return bool(bits & excludes) and all(bits & mask for mask in masks)

    for answer in question.ask(view.relation, fault, masks[0]):
        deeds = question.deeds(answer, asking, asking)
        if deeds is not None:
            left, right = (f"asks for {named(str(deed.place.shown))} in {named(deed.place.path)}" for deed in deeds)
            takes = [name for deed in deeds if (name := _turned_on_by(view, deed.place)) is not None]
            condition = f" It takes {' and '.join(takes)} to come to that." if takes else ""
            message = (
                f"{{left}} {left}, {{right}} {right}: {named(said.path)} does not compile with both features of the "
                f"crate in {named(directory)}.{condition}"
            )
            yield combined_hit(EXCLUSIVE, answer, deeds, message)


def _turned_on_by(view: WorkspaceView, place: Place) -> str | None:
    """Return what has to be turned on before the request at ``place`` counts; None: nothing."""
    path, key, _ = place
    if key[0] == "features":
        return None if key[-1] == "default" else f"the feature {named(key[-1])} of {named(path)}"
    entry = key[:-1]
    optional = view.atoms(Kind.OPTIONAL_DEPENDENCY, directory_of(path), entry[-1])
    is_optional = any(atom.place.path == path and atom.place.key == entry for atom in optional)
    return f"the optional dependency {named(entry[-1])} of {named(path)}" if is_optional else None
