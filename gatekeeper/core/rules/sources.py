"""Rust sources that start to use what the other side takes out of a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gatekeeper.core.combination import Atom, Place, Question, Standing
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.rust_sources import RustSources, Said, is_build_script, sees_dev
from gatekeeper.core.symbols import Definition, How, Kind, Symbol
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

_ALWAYS = ""

CFG_SOURCE = RuleInfo(
    id=RuleId("feature-removed-vs-cfg-source"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary='One side removes a feature; the other side\'s sources start to ask for it with `cfg(feature = "…")`.',
    explanation=(
        "Cargo and the compiler go on: the new code is never compiled again, and a warning is all that tells. Sources "
        "are read when a feature is gone from a crate, and only those of the crate that some change touches."
    ),
    settles="Restore the feature, or let the code ask for what replaces it.",
    fixtures=("feature-removed-vs-cfg-source",),
    tool_says="unexpected `cfg` condition value: `f2`",
)
REMOVED_VS_USED = RuleInfo(
    id=RuleId("dep-removed-vs-used"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side takes out a dependency, often for being unused; the other side's sources start to use it.",
    explanation=(
        "The manifest and the source are two files, so git merges them, and cargo resolves the workspace; then the "
        "crate does not compile. Code for tests may use dev-dependencies too, and a build script its own. Names that "
        "a source declares or imports itself, and modules at the top of the crate, are not taken for dependencies."
    ),
    settles="Restore the dependency.",
    fixtures=("dep-removed-vs-used", "dep-removed-vs-used--moved-to-dev"),
    tool_says="unresolved import `opt`",
)
OPTIONAL_VS_USED = RuleInfo(
    id=RuleId("dep-made-optional-vs-used"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side makes a dependency optional; the other side's sources start to use it on no condition.",
    explanation=(
        "Without the feature that turns the dependency on, the crate does not compile any more. Uses under a `cfg`, "
        "or in a module that is declared under one, are left alone."
    ),
    settles='Put the new code under `#[cfg(feature = "…")]`, or keep the dependency required.',
    fixtures=("dep-made-optional-vs-used",),
    tool_says="cannot find module or crate `opt` in this scope",
)
FEATURES_DROPPED = RuleInfo(
    id=RuleId("dep-workspace-features-dropped"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side drops a feature from a shared dependency; the other side's sources start to use what it gives.",
    explanation=(
        "Every crate that inherits the entry loses the feature, and what the new code calls is not compiled. What a "
        "feature gives only the dependency knows; found are paths with a part of the feature's name (`opt::net::…` "
        "for `net`), as long as no crate asks for the feature itself."
    ),
    settles="Ask for the feature in the crate that needs it, or keep it in [workspace.dependencies].",
    fixtures=("dep-workspace-features-dropped",),
    tool_says="cannot find function `y` in crate `opt`",
)


@workspace_rule(CFG_SOURCE)
def feature_removed_vs_cfg_source(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features that a crate had."""
    for symbol, definitions in _lost(view, Kind.FEATURE):
        directory, feature = symbol.name
        said = view.shared(RustSources).said(directory, Kind.CFG_FEATURE, feature)
        for found in _missing(view, directory, ((one, f'feature = "{feature}"') for one in said), definitions):
            message = (
                f"{{left}} takes away the feature {named(feature)} of {named(found.definition.path)}; "
                f"{{right}} asks for it in {named(found.reference.path)}, where the code is never compiled."
            )
            yield dangling_hit(CFG_SOURCE, view, found, message)


@workspace_rule(REMOVED_VS_USED)
def dep_removed_vs_used(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies in the tables that the code can see."""
    for symbol, definitions in sorted(view.index.changed(Kind.DEPENDENCY).items()):
        directory, key = symbol.name
        name = key.replace("-", "_")
        # One table may lose the dependency while another keeps it.
        if not any(view.removable({one: standing}) for one, standing in definitions.items()):
            continue
        sources = view.shared(RustSources)
        if sources.has_module(directory, name):
            continue
        for tables, said in _by_tables(directory, sources.said(directory, Kind.CRATE_PATH, name)).items():
            visible = {one: standing for one, standing in definitions.items() if one.key[-2] in tables}
            for found in _missing(view, directory, ((one, one.name[2]) for one in said), visible):
                message = (
                    f"{{left}} takes {named(key)} out of [{found.definition.key[-2]}] in "
                    f"{named(found.definition.path)}; {{right}} uses {named(found.reference.value)} in "
                    f"{named(found.reference.path)}."
                )
                yield dangling_hit(REMOVED_VS_USED, view, found, message, "Restore the dependency.")


def _by_tables(directory: str, said: Iterable[Said]) -> dict[frozenset[str], list[Said]]:
    """Return the tables whose dependencies code can see -> such code."""
    found: dict[frozenset[str], list[Said]] = {}
    for one in said:
        tables = {"dependencies"}
        if is_build_script(directory, one.path):
            tables = {"build-dependencies"}
        elif one.name[1] != _ALWAYS or sees_dev(directory, one.path):
            tables |= {"dev-dependencies"}
        found.setdefault(frozenset(tables), []).append(one)
    return found


@workspace_rule(OPTIONAL_VS_USED)
def dep_made_optional_vs_used(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies of which every entry is optional."""
    for symbol in sorted(view.index.changed(Kind.OPTIONAL_DEPENDENCY)):
        directory, key = symbol.name
        name = key.replace("-", "_")
        optional = view.atoms(Kind.OPTIONAL_DEPENDENCY, directory, key)
        entries = view.atoms(Kind.DEPENDENCY, directory, key)
        required = {atom.place.key for atom in entries} - {atom.place.key for atom in optional}
        # Whoever adds the dependency as an optional one takes nothing away.
        if required or not any(atom.standing.bases for atom in entries):
            continue
        sources = view.shared(RustSources)
        if sources.has_module(directory, name):
            continue
        said = sources.said(directory, Kind.CRATE_PATH, name)
        bare = [one for one in said if one.name[1] == _ALWAYS and not is_build_script(directory, one.path)]
        for path, uses in _by_path(bare).items():
            if not sources.is_conditional(directory, path):
                yield from _used_bare(view, key, entries, optional, uses)


def _used_bare(
    view: WorkspaceView, key: str, entries: list[Atom], optional: list[Atom], uses: list[Atom]
) -> Iterator[WorkspaceHit]:
    question = Question(view.everywhere)
    turned, used = question.any_of(optional), question.any_of(uses)
    had = question.any_of(entries)
    for answer in question.ask(view.relation, lambda bits: bool(bits & turned and bits & used), turned):
        deeds = question.deeds(answer, turned, used)
        # A dependency that was not there before is nothing that the other side could use.
        if deeds is not None and deeds[1].added and answer.base_bits & had:
            manifest, source = (named(deed.place.path) for deed in deeds)
            message = f"{{left}} makes {named(key)} optional in {manifest}; {{right}} uses it in {source}."
            yield combined_hit(OPTIONAL_VS_USED, answer, deeds, message)


@workspace_rule(FEATURES_DROPPED)
def dep_workspace_features_dropped(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features of shared entries that nobody else asks for."""
    for symbol, definitions in _lost(view, Kind.SHARED_FEATURE):
        root, key, feature = symbol.name
        entry = view.index.standing(Symbol(Kind.WORKSPACE_DEPENDENCY.value, (root, key)))
        uses = view.uses(Kind.WORKSPACE_DEPENDENCY, root, key)
        asked = {
            Definition(symbol, use.reference.path, use.reference.key): use.standing
            for use in uses
            if use.reference.how == How.INHERITED_FEATURE and use.reference.value.rpartition("/")[2] == feature
        }
        for use in uses:
            if use.reference.how == How.INHERITED:
                directory = directory_of(use.reference.path)
                said = view.shared(RustSources).said(directory, Kind.CRATE_PATH, key.replace("-", "_"))
                paths = ((one, one.name[2]) for one in said if _is_of(feature, one.name[2]))
                for found in _missing(view, directory, paths, {**definitions, **asked}, use.standing, entry):
                    message = (
                        f"{{left}} drops the feature {named(feature)} of {named(key)} from [workspace.dependencies]; "
                        f"{{right}} uses {named(found.reference.value)} in {named(found.reference.path)}."
                    )
                    proposal = f'{key} = {{ workspace = true, features = ["{feature}"] }}'
                    yield dangling_hit(FEATURES_DROPPED, view, found, message, proposal)


def _is_of(feature: str, path: str) -> bool:
    return feature.replace("-", "_") in path.split("::")[1:]


def _lost(view: WorkspaceView, kind: Kind) -> Iterator[tuple[Symbol, Mapping[Definition, Standing]]]:
    """Yield the symbols of ``kind`` that somebody takes away."""
    for symbol, definitions in sorted(view.index.changed(kind).items()):
        if view.removable(definitions):
            yield symbol, definitions


def _missing(
    view: WorkspaceView,
    directory: str,
    said: Iterable[tuple[Said, str]],
    definitions: Mapping[Definition, Standing],
    *needs: Standing,
) -> Iterator[Dangling]:
    """Yield what is said in the crate's sources and leads to none of ``definitions``, once for each file."""
    crate = view.index.standing(Symbol(Kind.MANIFEST.value, (directory,)))
    seen: set[tuple[str, int, int]] = set()
    for one, text in said:
        for found, _ in view.missing(one.reference(text), (one.standing, crate, *needs), definitions):
            if (one.path, found.left, found.right) not in seen:
                seen.add((one.path, found.left, found.right))
                yield found


def _by_path(said: Iterable[Said]) -> dict[TreePath, list[Atom]]:
    found: dict[TreePath, list[Atom]] = {}
    for one in said:
        found.setdefault(one.path, []).append(Atom(one.standing, Place(one.path, (), one.name[2])))
    return found
