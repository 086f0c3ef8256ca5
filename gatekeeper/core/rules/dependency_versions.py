"""Versions and sources that members of one workspace ask for, and that no lock file can give to both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.combination import Question
from gatekeeper.core.membership import Membership
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.needs import Need, Needs, accepts, meet, same_range
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tree_paths import join

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

GIT_REFS = RuleInfo(
    id=RuleId("dep-git-refs-differ-across-members"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Two crates of the workspace take one package from git, at different references.",
    explanation=(
        "Cargo takes `tag` and `branch` for two sources, even where both are the same commit today, and builds the "
        "package twice. No command fails until a value of one copy meets code of the other."
    ),
    settles="Choose one reference, best in one entry of [workspace.dependencies] that both inherit.",
    fixtures=("dep-git-refs-differ-across-members",),
    tool_says="error[E0308]: mismatched types: there are multiple different versions of crate `foo`",
)
PATH_VERSION = RuleInfo(
    id=RuleId("dep-path-version-vs-member-bump"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side changes the version of a crate; the other side asks, by path, for a version that it was.",
    explanation=(
        "A `version` beside a `path` has to be met by the crate in that directory. The two edits are in two files, "
        "and no cargo command works after the merge. The crate's version may also come from [workspace.package]."
    ),
    settles="Ask for the new version.",
    fixtures=("dep-path-version-vs-member-bump", "dep-path-version-vs-member-bump--inherited"),
    tool_says='failed to select a version for the requirement `opt = "^0.1"`',
)
PIN = RuleInfo(
    id=RuleId("dep-exact-pin-vs-higher-min"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="The sides ask for one package in versions that exclude each other but are compatible.",
    explanation=(
        "Of each range of compatible versions cargo takes one for the whole workspace. A requirement with `=`, `~` or "
        "`<` in one member and a higher one in another leave none, and no cargo command works. Versions of different "
        "ranges are another matter: cargo takes both."
    ),
    settles="Loosen the pin, or do without the newer version; the reason for the pin decides.",
    fixtures=("dep-exact-pin-vs-higher-min", "dep-exact-pin-vs-higher-min--tilde"),
    tool_says="all possible versions conflict with previously selected packages.",
)
MAJOR_SPLIT = RuleInfo(
    id=RuleId("dep-major-split"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Two crates of which one uses the other come to ask for incompatible versions of one package.",
    explanation=(
        "Cargo takes both versions, and what one crate hands to the other no longer has the type that is expected "
        "there. Whether such a value crosses between them, only the compiler can tell. Crates that do not know each "
        "other may have a version each, and so may build scripts."
    ),
    settles="Move both crates to one version, in one go.",
    fixtures=("dep-major-split",),
    tool_says="error[E0308]: mismatched types: there are multiple different versions of crate `foo`",
)
LINKS = RuleInfo(
    id=RuleId("dep-links-conflict"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="Two changes bring two packages into the workspace that link the same native library.",
    explanation="`links` is a name that one package of the whole graph may have. Cargo refuses to resolve it.",
    settles="Let one of the packages go, or take `links` out of one of them.",
    fixtures=("dep-links-conflict", "dep-links-conflict--both-declared"),
    tool_says="Attempting to resolve a dependency with more than one crate with links=zed.",
)
TWO_COPIES = RuleInfo(
    id=RuleId("dep-two-path-copies"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Two changes depend on two copies of one package, of the same version, in different directories.",
    explanation=(
        "A lock file tells packages from the tree apart by name and version only. Two copies that are members of the "
        "workspace are another rule's: there the name alone is enough."
    ),
    settles="Choose the copy; or give one of them another version.",
    fixtures=("dep-two-path-copies",),
    tool_says="package collision in the lockfile: packages opt v0.1.0 and opt v0.1.0 are different, but only one can "
    "be written to lockfile unambiguously",
)


@workspace_rule(PIN)
def dep_exact_pin_vs_higher_min(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Requirements in one range that no version meets."""
    for package, one, other, ones, others in _rivals(view, lambda need: need.requirement):
        if one.source != other.source or not one.source.startswith("registry "):
            continue
        if meet(one.requirement, other.requirement) or not same_range(one.requirement, other.requirement):
            continue
        message = (
            f"{{left}} asks for {named(package)} {named(one.requirement)} in {_manifest(one)}, {{right}} for "
            f"{named(other.requirement)} in {_manifest(other)}: no version meets both."
        )
        for found in encounters(view, ones, others):
            yield combined_hit(PIN, found.answer, found.deeds, message)


@workspace_rule(GIT_REFS)
def dep_git_refs_differ_across_members(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """References of one repository."""
    for package, one, other, ones, others in _rivals(view, lambda need: need.source):
        repositories = [need.source.split(" ")[:2] for need in (one, other)]
        if repositories[0] != repositories[1] or repositories[0][0] != "git":
            continue
        references = [need.source.split(" ", 2)[2] or "the default branch" for need in (one, other)]
        message = (
            f"{{left}} takes {named(package)} from git at {named(references[0])} in {_manifest(one)}, "
            f"{{right}} at {named(references[1])} in {_manifest(other)}."
        )
        proposal = f"Put {named(package)} into [workspace.dependencies] and inherit it in both crates."
        for found in encounters(view, ones, others):
            # In one manifest two sources of one name are another fault.
            if found.deeds[0].place.path != found.deeds[1].place.path:
                yield combined_hit(GIT_REFS, found.answer, found.deeds, message, proposal)


def _rivals(
    view: WorkspaceView, value: Callable[[Need], str]
) -> Iterator[tuple[str, Need, Need, list[Claim], list[Claim]]]:
    """Yield, for each package, two needs in one workspace that differ in ``value``, with all claims of each."""
    needs = view.shared(Needs)
    for package, of_one in needs.by_package.items() if needs.vary else ():
        if not needs.varying(of_one):
            continue
        groups: dict[tuple[str, str, str], list[Need]] = {}
        for need in of_one:
            root = view.index.root_of(need.directory)
            workspace = f"{need.directory}/" if root is None else root
            groups.setdefault((workspace, need.source, value(need)), []).append(need)
        for one, other in combinations(groups, 2):
            if one[0] == other[0]:
                first, second = groups[one], groups[other]
                ones, others = ([need.claim(member=True) for need in some] for some in (first, second))
                yield package, first[0], second[0], ones, others


@workspace_rule(PATH_VERSION)
def dep_path_version_vs_member_bump(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Path dependencies with a version."""
    needs = view.shared(Needs)
    bumped = set(needs.directories_with("version")) if needs.vary else set()
    wanted: dict[tuple[str, str], list[Need]] = {}
    for need in needs.all if bumped else ():
        if need.local is not None and need.local in bumped and need.requirement != "*":
            wanted.setdefault((need.local, need.requirement), []).append(need)
    for (directory, requirement), asking in wanted.items():
        given: dict[str, list[Claim]] = {}
        for version, claim in needs.fields(directory, "version") if needs.varying(asking) else ():
            if not accepts(requirement, version):
                given.setdefault(version, []).append(claim)
        needed = [need.claim() for need in asking] if given else []
        for version, claims in given.items():
            message = (
                f"{{left}} makes the crate in {named(directory)} version {named(version)}; {{right}} asks for "
                f"{named(requirement)} of it in {_manifest(asking[0])}."
            )
            proposal = f'Ask for `version = "{version}"`.'
            for found in encounters(view, claims, needed):
                yield combined_hit(PATH_VERSION, found.answer, found.deeds, message, proposal)


@workspace_rule(MAJOR_SPLIT)
def dep_major_split(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Crates that use each other and a package in two versions."""
    needs = view.shared(Needs)
    edges: dict[tuple[str, str], list[Need]] = {}
    for need in needs.all if needs.vary else ():
        if need.local is not None and need.table == "normal":
            edges.setdefault((need.directory, need.local), []).append(need)
    membership = view.shared(Membership)
    for (user, used), between in edges.items():
        if not (membership.root(user) == membership.root(used) and _is_listed(membership, user)):
            continue
        for mine, its in _split(needs, user, used):
            one, other = mine[0], its[0]
            message = (
                f"After {{left}} and {{right}}, {_manifest(one)} asks for {named(one.package)} "
                f"{named(one.requirement)} and {_manifest(other)}, which it uses, for {named(other.requirement)}."
            )
            ones = [Claim((*need.atoms, *edge.atoms)) for need in mine for edge in between]
            for found in encounters(view, ones, [need.claim() for need in its]):
                yield combined_hit(MAJOR_SPLIT, found.answer, found.deeds, message)


def _is_listed(membership: Membership, directory: str) -> bool:
    """Return whether the workspace lists the crate, in whatever tree; what it uses is then a member as well."""
    view, root = membership.view, membership.root(directory)
    if root is None:
        return False
    listed = view.atoms(Kind.MEMBER, root, directory) or membership.globs(root, directory)
    return root == directory or bool(listed)


def _split(needs: Needs, user: str, used: str) -> Iterator[tuple[list[Need], list[Need]]]:
    """Yield the needs of two crates for one package in versions of different ranges."""
    ends = [needs.by_directory.get(end, []) for end in (user, used)]
    if not any(map(needs.varying, ends)):
        return
    mine, its = map(_by_requirement, ends)
    for package in sorted(mine.keys() & its.keys()):
        for (one, some), (other, others) in product(mine[package].items(), its[package].items()):
            if not meet(one, other) and not same_range(one, other):
                yield some, others


def _by_requirement(needs: list[Need]) -> dict[tuple[str, str], dict[str, list[Need]]]:
    """Return the needs for packages from a registry: package and registry -> requirement -> needs."""
    found: dict[tuple[str, str], dict[str, list[Need]]] = {}
    for need in needs:
        if need.table == "normal" and need.source.startswith("registry "):
            found.setdefault((need.package, need.source), {}).setdefault(need.requirement, []).append(need)
    return found


@workspace_rule(LINKS)
def dep_links_conflict(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Native libraries of the members."""
    directories: dict[tuple[str | None, str], list[str]] = {}
    membership = view.shared(Membership)
    for symbol in view.index.of_kind(Kind.PACKAGE_FIELD):
        directory, field, value = symbol.name
        if field == "links":
            directories.setdefault((membership.root(directory), value), []).append(directory)
    for (root, library), places in directories.items():
        for pair in combinations(places, 2) if root is not None else ():
            ones, others = (
                [Claim((atom,), place) for atom in view.atoms(Kind.PACKAGE_FIELD, place, "links", library)]
                for place in pair
            )
            first, second = map(named, pair)
            message = f"{{left}} and {{right}} bring two packages that link {named(library)}: {first} and {second}."
            for found in encounters(view, ones, others):
                yield combined_hit(LINKS, found.answer, found.deeds, message)


@workspace_rule(TWO_COPIES)
def dep_two_path_copies(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages of one name and version at the ends of path dependencies."""
    needs = view.shared(Needs)
    for package, of_one in needs.by_package.items() if needs.vary else ():
        if not needs.varying(of_one):
            continue
        copies: dict[str, list[Need]] = {}
        for need in of_one:
            if need.local is not None:
                copies.setdefault(need.local, []).append(need)
        for one, other in combinations(sorted(copies), 2):
            versions = product(needs.fields(one, "version"), needs.fields(other, "version"))
            for version in {mine for (mine, _), (its, _) in versions if mine == its}:
                yield from _copies(view, package, version, (one, other), copies)


def _copies(
    view: WorkspaceView, package: str, version: str, pair: tuple[str, str], copies: dict[str, list[Need]]
) -> Iterator[WorkspaceHit]:
    needs = view.shared(Needs)
    ones, others = (
        [
            Claim((*need.atoms, *claim.atoms), need.directory)
            for need in copies[place]
            for said, claim in needs.fields(place, "version")
            if said == version
        ]
        for place in pair
    )
    first, second = map(named, pair)
    message = f"{{left}} and {{right}} depend on two copies of {named(package)} {version}: in {first} and in {second}."

    def not_both_members(question: Question) -> Callable[[int], bool]:
        membership = view.shared(Membership)
        root, other = map(membership.root, pair)
        terms = [membership.terms(question, root, place) for place in pair] if root is not None else []
        return lambda bits: root != other or not all(term.member(bits) for term in terms)

    for found in encounters(view, ones, others, not_both_members):
        places = [deed.place for deed in found.deeds]
        # One name for both in one manifest is another fault.
        if (places[0].path, places[0].key[-1:]) != (places[1].path, places[1].key[-1:]):
            yield combined_hit(TWO_COPIES, found.answer, found.deeds, message)


def _manifest(need: Need) -> str:
    return named(join(need.directory, "Cargo.toml"))
