"""What a package says of itself: name, version, edition, toolchain, native library, metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.claims import Claim, encounters, unsupported
from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.faults import Faults
from gatekeeper.core.membership import reads_root_tables
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.needs import Needs
from gatekeeper.core.rules.cases import disagreements, disputed_by, hit
from gatekeeper.core.rules.model import Family, GitVerdict, RuleInfo
from gatekeeper.core.rules.registry import path_rule, workspace_rule
from gatekeeper.core.rules.wording import both_did, settled_text
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.schema import CARGO
from gatekeeper.core.schema.cargo import package_field
from gatekeeper.core.schema.precedence import version_order
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.toml_text import named as key_named
from gatekeeper.core.tree_paths import ancestors, directory_of, join
from gatekeeper.core.value_merge import ClashReason
from gatekeeper.core.versions import compatible_range, parse_version

if TYPE_CHECKING:
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_OLDEST_RUST = {"2018": "1.31", "2021": "1.56", "2024": "1.85"}
"""The oldest Rust that knows an edition."""
_STRICT_EDITIONS = frozenset({"2024"})
_METADATA = (("package", "metadata"), ("workspace", "metadata"))

VERSION_BOTH_BUMPED = RuleInfo(
    id=RuleId("pkg-version-both-bumped"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides change the version of one package, each to another one.",
    explanation=(
        "The higher version does for both, and is the proposal. Where only one of the two is compatible with the "
        "version before, the sides do not agree whether the package breaks its users, and the finding is major."
    ),
    settles="Take the higher version; if one of them is a breaking one, ask both sides.",
    fixtures=("pkg-version-both-bumped", "pkg-version-both-bumped--breaking"),
)
METADATA = RuleInfo(
    id=RuleId("pkg-metadata-opaque"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides change the same key below `package.metadata` or `workspace.metadata`.",
    explanation=(
        "Cargo hands these tables to other tools unread. What a value means there, and whether the order of a list "
        "counts, only the tool can say: nothing is united, and nothing is proposed."
    ),
    settles="Look up what the tool makes of the key, and choose.",
    fixtures=("pkg-metadata-opaque",),
)
EDITION_VS_RUST = RuleInfo(
    id=RuleId("pkg-edition-bump-vs-msrv"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side raises a package's edition, the other sets a `rust-version` that does not know it.",
    explanation=(
        "Edition 2021 needs Rust 1.56, edition 2024 needs 1.85. Either value may stand in [workspace.package] and "
        "hold for every member that inherits it. Cargo refuses the manifest."
    ),
    settles="Raise `rust-version`, if the older compilers can be given up; else keep the edition.",
    fixtures=(
        "pkg-edition-bump-vs-msrv",
        "pkg-edition-bump-vs-msrv--inherited",
        "pkg-edition-bump-vs-msrv--outside-of-the-root",
    ),
    tool_says="rust-version 1.80 is incompatible with the version (1.85.0) required by the specified edition (2024)",
)
EDITION_VS_SPELLING = RuleInfo(
    id=RuleId("pkg-edition-bump-vs-legacy-key"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side raises a package's edition to 2024, the other spells a key in a way that it no longer allows.",
    explanation=(
        "`dev_dependencies`, `default_features`, `crate_type` and `[project]` are warned of up to edition 2021 and "
        "refused from 2024 on. The edition may come from [workspace.package], in another file."
    ),
    settles="Spell the key as today.",
    fixtures=("pkg-edition-bump-vs-legacy-key", "pkg-edition-bump-vs-legacy-key--inherited"),
    tool_says="`default_features` is unsupported as of the 2024 edition; instead use `default-features`",
)
RUST_VS_TOOLCHAIN = RuleInfo(
    id=RuleId("pkg-rust-version-vs-toolchain"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side raises `rust-version` above the toolchain that the other side pins in `rust-toolchain.toml`.",
    explanation=(
        "Rustup takes the pinned toolchain for every command in the tree, and that compiler refuses the package. The "
        "file may be called `rust-toolchain` as well. "
        "Channels that are not numbers, like `stable`, are not compared."
    ),
    settles="Pin the newer toolchain, or keep `rust-version`.",
    fixtures=("pkg-rust-version-vs-toolchain", "pkg-rust-version-vs-toolchain--old-file-name"),
    tool_says="error: rustc 1.95.0 is not supported by the following packages: a@0.1.0 requires rustc 1.96",
)
RENAMED = RuleInfo(
    id=RuleId("pkg-name-renamed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side renames a package that the other side starts to name, in a `[patch]`.",
    explanation=(
        "A name stands in many places: dependencies (`dep-package-renamed`), overrides in profiles "
        "(`profile-override-unmatched`), patches. The renaming side has changed those that it knew of. A patch whose "
        "directory holds a package of another name stops every cargo command."
    ),
    settles="Name the package as it is called now, or take the renaming back.",
    fixtures=("pkg-name-renamed",),
    tool_says="patch location `fork` does not contain packages matching `opt`",
)
LINKS_VS_SCRIPT = RuleInfo(
    id=RuleId("pkg-links-vs-build-script"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side deletes a package's build script, or turns it off; the other side gives the package `links`.",
    explanation="Only a build script can link a native library, so cargo refuses `links` without one.",
    settles="Keep the script, or do without `links`.",
    fixtures=("pkg-links-vs-build-script", "pkg-links-vs-build-script--turned-off"),
    tool_says="package specifies that it links to `zed` but does not have a custom build script",
)
PUBLISH_VS_VERSION = RuleInfo(
    id=RuleId("pkg-publish-vs-version"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side removes a package's version, the other lets the package be published.",
    explanation="A package without a version is legal as long as nobody may publish it.",
    settles="Restore the version.",
    fixtures=("pkg-publish-vs-version",),
    tool_says="`package.publish` requires `package.version` be specified",
)


@path_rule(VERSION_BOTH_BUMPED, profile=CARGO, needs=disputed_by(ClashReason.BOTH_CHANGED))
def pkg_version_both_bumped(case: PathCase) -> Iterator[Hit]:
    """Report versions of packages that both sides set."""
    for one in disputed_by(ClashReason.BOTH_CHANGED)(case):
        if package_field(one.key) == "version" and isinstance(one.left, str) and isinstance(one.right, str):
            ranges = {_range(one.left), _range(one.right)}
            severity = Severity.MAJOR if len(ranges) > 1 else None
            proposal = settled_text(case, one)
            yield hit(VERSION_BOTH_BUMPED.id, case, one.key, both_did(one), proposal=proposal, severity=severity)


def _range(text: str) -> tuple[int, ...] | None:
    version = parse_version(text)
    return None if version is None else compatible_range(version)


@path_rule(METADATA, profile=CARGO, needs=disagreements)
def pkg_metadata_opaque(case: PathCase) -> Iterator[Hit]:
    """Report keys of other tools; lists that git has merged are left alone."""
    for one in disagreements(case):
        united = one.reason is None and case.git is GitVerdict.CLEAN
        if one.key[:2] in _METADATA and not united and not one.is_modify_delete and one.base is not ABSENT:
            yield hit(METADATA.id, case, one.key, both_did(one))


@workspace_rule(EDITION_VS_RUST)
def pkg_edition_bump_vs_msrv(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Editions that came after a `rust-version`."""
    yield from _once(_edition_vs_rust(view))


def _edition_vs_rust(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    needs = view.shared(Needs)
    too_old = [
        (edition, oldest, raised, rust, said)
        for directory in _in_both(needs.directories_with("edition"), needs.directories_with("rust-version"))
        for edition, raised in needs.fields(directory, "edition")
        if (oldest := _OLDEST_RUST.get(edition)) is not None
        for rust, said in needs.fields(directory, "rust-version")
        if _is_older(rust, oldest)
    ]
    faults = Faults(view, [([raised], [said]) for _, _, raised, _, said in too_old])
    for edition, oldest, raised, rust, said in too_old:
        message = (
            f"{{left}} sets the edition to {named(edition)}, {{right}} `rust-version` to {named(rust)}; "
            f"the edition needs {oldest}."
        )
        for found in encounters(view, [raised], [said], faults=faults):
            proposal = f'Set `rust-version = "{oldest}"`.'
            yield combined_hit(EDITION_VS_RUST, found.answer, found.deeds, message, proposal)


@workspace_rule(EDITION_VS_SPELLING)
def pkg_edition_bump_vs_legacy_key(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Old spellings in packages of the newest edition."""
    yield from _once(_edition_vs_spelling(view))


def _edition_vs_spelling(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    needs = view.shared(Needs)
    changed = view.index.changed(Kind.OLD_SPELLING)
    raised = set(needs.directories_with("edition")) if changed else set()
    for symbol in sorted(changed):
        directory, spelled = symbol.name
        for edition, said in needs.fields(directory, "edition") if directory in raised else ():
            if edition not in _STRICT_EDITIONS:
                continue
            for atom in view.atoms(Kind.OLD_SPELLING, directory, spelled):
                key = key_named(atom.place.key)
                message = f"{{left}} sets the edition to {named(edition)}, {{right}} spells {key} as {named(spelled)}."
                for found in encounters(view, [said], [Claim((atom,))]):
                    proposal = f"Spell it {key}."
                    yield combined_hit(EDITION_VS_SPELLING, found.answer, found.deeds, message, proposal)


@workspace_rule(RUST_VS_TOOLCHAIN)
def pkg_rust_version_vs_toolchain(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Toolchains older than what a package below them needs."""
    needs = view.shared(Needs)
    pinned = view.index.changed(Kind.TOOLCHAIN)
    wanted: dict[tuple[str, str], list[Claim]] = {}
    for directory in needs.directories_with("rust-version") if pinned else ():
        for rust, said in needs.fields(directory, "rust-version"):
            for above in (directory, *ancestors(directory)):
                wanted.setdefault((above, rust), []).append(said)
    disputes = [
        (channel, [Claim((atom,)) for atom in view.atoms(Kind.TOOLCHAIN, directory, channel)], rust, said_by)
        for directory, channel in sorted(symbol.name for symbol in pinned)
        for (below, rust), said_by in sorted(wanted.items(), key=lambda item: item[0])
        if below == directory and _is_older(channel, rust)
    ]
    faults = Faults(view, [(claims, said_by) for _, claims, _, said_by in disputes])
    for channel, claims, rust, said_by in disputes:
        message = f"{{left}} pins the toolchain {named(channel)}, {{right}} sets `rust-version` to {named(rust)}."
        for found in encounters(view, claims, said_by, faults=faults):
            yield combined_hit(RUST_VS_TOOLCHAIN, found.answer, found.deeds, message)


@workspace_rule(RENAMED)
def pkg_name_renamed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Patches by a name that is no longer there."""
    moves = view.shared(CrateMoves)
    for found in view.dangling(Kind.PACKAGE):
        if found.reference.how != How.PATCH or not reads_root_tables(view, directory_of(found.reference.path)):
            continue
        directory, old = found.definition.symbol.name
        names = moves.names_in(directory, found.left)
        new = f" to {named(names[0])}" if len(names) == 1 else ""
        message = (
            f"{{left}} renames the package {named(old)} in {named(directory)}{new}; "
            f"{{right}} names it in {key_named(found.reference.key)} of {named(found.reference.path)}."
        )
        yield dangling_hit(RENAMED, view, found, message)


@workspace_rule(LINKS_VS_SCRIPT)
def pkg_links_vs_build_script(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages with `links`, and what gives them a build script."""
    needs = view.shared(Needs)
    for directory in needs.directories_with("links"):
        claims = [said for _, said in needs.fields(directory, "links")]
        built = needs.fields(directory, "build")
        path = TreePath(join(directory, "build.rs"))
        script = Atom(view.file(path), Place(path, ()))
        supports = [script, *(atom for _, said in built for atom in said.atoms)]
        message = (
            f"{{left}} leaves the package in {named(directory)} without a build script, {{right}} gives it `links`."
        )
        turned_off = [said for value, said in built if value == "false"]
        for found in (*unsupported(view, claims, supports), *encounters(view, turned_off, claims)):
            yield combined_hit(LINKS_VS_SCRIPT, found.answer, found.deeds, message)


@workspace_rule(PUBLISH_VS_VERSION)
def pkg_publish_vs_version(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages that may be published and have no version."""
    needs = view.shared(Needs)
    for directory in _in_both(needs.directories_with("publish"), needs.directories_with("version")):
        claims = [said for value, said in needs.fields(directory, "publish") if value == "true"]
        versions = [said.atoms[0] for _, said in needs.fields(directory, "version")]
        message = f"{{left}} removes the version of the package in {named(directory)}, {{right}} lets it be published."
        for found in unsupported(view, claims, versions):
            proposal = "Restore `version` in [package]."
            yield combined_hit(PUBLISH_VS_VERSION, found.answer, found.deeds, message, proposal)


def _in_both(some: Iterable[str], others: Iterable[str]) -> list[str]:
    return sorted(set(some) & set(others))


def _is_older(version: str, than: str) -> bool:
    """Return whether ``version`` is older, as far as it says: ``1.80`` may be any 1.80."""
    mine, other = version_order(version), version_order(than)
    if mine is None or other is None:
        return False
    given = version.count(".") + 1
    return mine[0][:given] < other[0][:given]


def _once(hits: Iterable[WorkspaceHit]) -> Iterator[WorkspaceHit]:
    """Yield ``hits`` without those that tell of the same two edits again, for another crate that inherits them."""
    told = set()
    for one in hits:
        sides = [(side.path, side.key) for side in (one.hit.left, one.hit.right) if side is not None]
        key = (*sides, one.left, one.right, one.hit.message)
        if key not in told:
            told.add(key)
            yield one
