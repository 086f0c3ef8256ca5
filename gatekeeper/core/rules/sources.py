"""Rust sources that start to use what the other side takes out of a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gatekeeper.core.cargo_sharing_facts import ANY_VALUE
from gatekeeper.core.cfg_conditions import ALWAYS, feature
from gatekeeper.core.combination import Atom, Place, Question, Standing
from gatekeeper.core.libraries import LibraryNames
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.rust_modules import Code, RustModules
from gatekeeper.core.rust_sources import RustSources
from gatekeeper.core.rust_uses import Mention, missing_uses
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import Definition, How, Kind, Symbol
from gatekeeper.core.tree_paths import directory_of, join
from gatekeeper.core.turned_on import on_by_default
from gatekeeper.core.values import strings
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_TABLES = {
    Code.NORMAL: {"dependencies"},
    Code.DEV: {"dependencies", "dev-dependencies"},
    Code.BUILD: {"build-dependencies"},
}
"""The tables whose dependencies code can see."""

_EFFECTS = ("never", "always", "")
"""What becomes of code whose feature is gone; what says most first."""

CFG_SOURCE = RuleInfo(
    id=RuleId("feature-removed-vs-cfg-source"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary='One side removes a feature; the other side\'s sources start to ask for it with `cfg(feature = "…")`.',
    explanation=(
        "Cargo and the compiler go on: the new code is never compiled again, or always under `not(feature = …)`, and a "
        "warning is all that tells. Sources are read when a feature is gone from a crate, and only those of the crate "
        "that some change touches. A feature that `check-cfg` lists is meant to come from elsewhere."
    ),
    settles="Restore the feature, or let the code ask for what replaces it.",
    fixtures=(
        "feature-removed-vs-cfg-source",
        "feature-removed-vs-cfg-source--absence",
        "feature-removed-vs-cfg-source--with-dependency",
    ),
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
        "a source declares or imports itself, modules at the top of the crate, and modules that `use super::*` can "
        "bring in are not taken for dependencies. Sources that no target and no `mod` leads to are left alone, and so "
        "is code whose feature is gone as well. Under another `cfg`, or in a macro, the code fails in some builds "
        "only, and the finding is major."
    ),
    settles="Restore the dependency.",
    fixtures=(
        "dep-removed-vs-used",
        "dep-removed-vs-used--moved-to-dev",
        "dep-removed-vs-used--under-feature",
        "dep-removed-vs-used--library-of-another-name",
        "dep-removed-vs-used--renamed-module",
    ),
    tool_says="unresolved import `opt`",
)
OPTIONAL_VS_USED = RuleInfo(
    id=RuleId("dep-made-optional-vs-used"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side makes a dependency optional; the other side's sources start to use it on no condition.",
    explanation=(
        "Without the feature that turns the dependency on, the crate does not compile any more. Uses under a `cfg`, "
        "or in a module that is declared under one, are left alone. Where the default features turn it on, only who "
        "does without them sees that, and the finding is minor."
    ),
    settles='Put the new code under `#[cfg(feature = "…")]`, or keep the dependency required.',
    fixtures=("dep-made-optional-vs-used", "dep-made-optional-vs-used--on-by-default"),
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
        directory, name = symbol.name
        said = view.shared(RustSources).said(directory, Kind.CFG_FEATURE, name)
        mentions = [Mention(one, feature(name)) for one in sorted(said, key=lambda one: _EFFECTS.index(one.name[1]))]
        known = {**definitions, **_expected_values(view, directory, name)} if mentions else definitions
        for found in missing_uses(view, directory, mentions, dict.fromkeys(Code, known)):
            source = named(found.dangling.reference.path)
            effect = {
                "never": f"asks for it in {source}, where the code is never compiled",
                "always": f"asks for its absence in {source}, where the code is always compiled",
                "": f"asks for it in {source}, where it is never on",
            }[found.mention.said.name[1]]
            message = (
                f"{{left}} takes away the feature {named(name)} of {named(found.dangling.definition.path)}; "
                f"{{right}} {effect}."
            )
            yield dangling_hit(CFG_SOURCE, view, found.dangling, message)


def _expected_values(view: WorkspaceView, directory: str, name: str) -> dict[Definition, Standing]:
    """Return where manifests tell the compiler to expect the feature, though the crate does not define it."""
    manifest = join(directory, "Cargo.toml")
    root = view.index.root_of(directory)
    inherits = root is not None and any(
        use.reference.path == manifest for use in view.uses(Kind.WORKSPACE_TABLE, root, "lints")
    )
    places = [(Kind.EXPECTED_FEATURE, directory)]
    if inherits and root is not None:
        places.append((Kind.SHARED_EXPECTED_FEATURE, root))
    found: dict[Definition, Standing] = {}
    for kind, place in places:
        for value in (name, ANY_VALUE):
            found.update(view.index.definitions.get(Symbol(kind.value, (place, value)), {}))
    return found


@workspace_rule(REMOVED_VS_USED)
def dep_removed_vs_used(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies in the tables that the code can see."""
    for symbol, definitions in sorted(view.index.changed(Kind.DEPENDENCY).items()):
        directory, key = symbol.name
        # One table may lose the dependency while another keeps it.
        if not any(view.removable({one: standing}) for one, standing in definitions.items()):
            continue
        visible = {
            code: {one: standing for one, standing in definitions.items() if one.key[-2] in tables}
            for code, tables in _TABLES.items()
        }
        for name in view.shared(LibraryNames).of(directory, key):
            mentions = _mentions(view, directory, name)
            for found in missing_uses(view, directory, mentions, visible):
                definition, reference = found.dangling.definition, found.dangling.reference
                message = (
                    f"{{left}} takes {named(key)} out of [{definition.key[-2]}] in {named(definition.path)}; "
                    f"{{right}} uses {named(reference.value)} in {named(reference.path)}"
                )
                severity = None if found.certain else Severity.MAJOR
                message += "." if found.certain else ", in code that is compiled on a condition."
                made = dangling_hit(REMOVED_VS_USED, view, found.dangling, message, "Restore the dependency.")
                yield replace(made, hit=replace(made.hit, severity=severity))


def _mentions(view: WorkspaceView, directory: str, name: str) -> list[Mention]:
    """Return the uses of another crate."""
    return [Mention(one, one.name[2], one.name[1]) for one in view.shared(RustSources).uses(directory, name)]


@workspace_rule(OPTIONAL_VS_USED)
def dep_made_optional_vs_used(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies of which every entry is optional."""
    for symbol in sorted(view.index.changed(Kind.OPTIONAL_DEPENDENCY)):
        directory, key = symbol.name
        optional = view.atoms(Kind.OPTIONAL_DEPENDENCY, directory, key)
        entries = view.atoms(Kind.DEPENDENCY, directory, key)
        required = {atom.place.key for atom in entries} - {atom.place.key for atom in optional}
        # Whoever adds the dependency as an optional one takes nothing away.
        if required or not any(atom.standing.bases for atom in entries):
            continue
        for name in view.shared(LibraryNames).of(directory, key):
            for uses in _bare_uses(view, directory, name):
                yield from _used_bare(view, key, entries, optional, uses)


def _bare_uses(view: WorkspaceView, directory: str, name: str) -> Iterator[list[Atom]]:
    """Yield, for each source, its uses of another crate that are compiled on no condition."""
    found: dict[TreePath, list[Mention]] = {}
    for mention in _mentions(view, directory, name):
        if mention.condition == ALWAYS:
            found.setdefault(mention.said.path, []).append(mention)
    for path, mentions in found.items():
        # What stands everywhere nobody starts to use.
        if any(one.said.standing != view.everywhere for one in mentions):
            ways = view.shared(RustModules).ways(directory, path)
            bare = [way for way in ways if way.condition == ALWAYS and way.code is not Code.BUILD]
            yield [Atom(way.narrowed(one.said.standing), Place(path, (), one.text)) for one in mentions for way in bare]


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
            by_default = on_by_default(view, optional[0].place.path, key, answer.left)
            message = (
                f"{{left}} makes {named(key)} optional in {manifest}, on by default; {{right}} uses it in {source}, "
                "which does not compile without default features."
                if by_default
                else f"{{left}} makes {named(key)} optional in {manifest}; {{right}} uses it in {source}."
            )
            made = combined_hit(OPTIONAL_VS_USED, answer, deeds, message)
            yield replace(made, hit=replace(made.hit, severity=Severity.MINOR if by_default else None))


@workspace_rule(FEATURES_DROPPED)
def dep_workspace_features_dropped(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features of shared entries that nobody else asks for."""
    for symbol, definitions in _lost(view, Kind.SHARED_FEATURE):
        root, key, name = symbol.name
        entry = view.index.standing(Symbol(Kind.WORKSPACE_DEPENDENCY.value, (root, key)))
        by_default = NOWHERE
        if _is_in_default(view, root, key, name):
            by_default = view.index.standing(Symbol(Kind.SHARED_DEFAULTS.value, (root, key)))
        uses = view.uses(Kind.WORKSPACE_DEPENDENCY, root, key)
        asked = {
            Definition(symbol, use.reference.path, use.reference.key): use.standing
            for use in uses
            if use.reference.how == How.INHERITED_FEATURE and use.reference.value.rpartition("/")[2] == name
        }
        giving = {**definitions, **asked}
        visible = dict.fromkeys(Code, giving)
        for use in uses:
            if use.reference.how == How.INHERITED:
                directory = directory_of(use.reference.path)
                names = view.shared(LibraryNames).of(directory, key)
                mentions = [one for known in names for one in _mentions(view, directory, known)]
                of_feature = [one for one in mentions if _is_of(name, one.text)]
                for missing, *_ in missing_uses(view, directory, of_feature, visible, use.standing, entry):
                    found = replace(missing, left=missing.left & ~by_default.agents)
                    if not found.left:
                        continue
                    message = (
                        f"{{left}} drops the feature {named(name)} of {named(key)} from [workspace.dependencies]; "
                        f"{{right}} uses {named(found.reference.value)} in {named(found.reference.path)}."
                    )
                    proposal = f'{key} = {{ workspace = true, features = ["{name}"] }}'
                    yield dangling_hit(FEATURES_DROPPED, view, found, message, proposal)


def _is_in_default(view: WorkspaceView, root: str, key: str, feature: str) -> bool:
    """Return whether a shared entry leads to a crate of this tree whose default features turn ``feature`` on."""
    shared = [symbol.name for symbol in view.index.of_kind(Kind.SHARED_NEED) if symbol.name[:2] == (root, key)]
    places = {source.partition(" ")[2] for _, _, _, source, _ in shared if source.startswith("path ")}
    return any(feature in _default_features(view, place) for place in places)


def _default_features(view: WorkspaceView, directory: str) -> set[str]:
    """Return what the default features of the crate in ``directory`` turn on, as trunk has it."""
    found, waiting = set[str](), ["default"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for atom in view.atoms(Kind.FEATURE, directory, name):
                waiting += strings(atom.place.shown)
    return found


def _is_of(feature: str, path: str) -> bool:
    return feature.replace("-", "_") in path.split("::")[1:]


def _lost(view: WorkspaceView, kind: Kind) -> Iterator[tuple[Symbol, Mapping[Definition, Standing]]]:
    """Yield the symbols of ``kind`` that somebody takes away."""
    for symbol, definitions in sorted(view.index.changed(kind).items()):
        if view.removable(definitions):
            yield symbol, definitions
