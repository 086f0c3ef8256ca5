"""Versions and sources that members of one workspace ask for, and that no lock file can give to both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.faults import Faults
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


@workspace_rule(PIN)
def dep_exact_pin_vs_higher_min(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Requirements in one range that no version meets."""
    pins = [rivals for rivals in _rivals(view, lambda need: need.requirement) if _exclude(rivals.one, rivals.other)]
    faults = _faults(view, pins)
    for package, one, other, ones, others in pins:
        message = (
            f"{{left}} asks for {named(package)} {named(one.requirement)} in {_manifest(one)}, {{right}} for "
            f"{named(other.requirement)} in {_manifest(other)}: no version meets both."
        )
        for found in encounters(view, ones, others, faults=faults):
            yield combined_hit(PIN, found.answer, found.deeds, message)


def _exclude(one: Need, other: Need) -> bool:
    """Return whether cargo would have to take one version for both, and none is."""
    if one.source != other.source or not one.source.startswith("registry "):
        return False
    return not meet(one.requirement, other.requirement) and same_range(one.requirement, other.requirement)


@workspace_rule(GIT_REFS)
def dep_git_refs_differ_across_members(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """References of one repository."""
    rivals = [found for found in _rivals(view, lambda need: need.source) if _from_one_repository(found)]
    faults = _faults(view, rivals)
    for package, one, other, ones, others in rivals:
        references = [need.source.split(" ", 2)[2] or "the default branch" for need in (one, other)]
        message = (
            f"{{left}} takes {named(package)} from git at {named(references[0])} in {_manifest(one)}, "
            f"{{right}} at {named(references[1])} in {_manifest(other)}."
        )
        proposal = f"Put {named(package)} into [workspace.dependencies] and inherit it in both crates."
        for found in encounters(view, ones, others, faults=faults):
            # In one manifest two sources of one name are another fault.
            if found.deeds[0].place.path != found.deeds[1].place.path:
                yield combined_hit(GIT_REFS, found.answer, found.deeds, message, proposal)


class _Rivals(NamedTuple):
    """Two needs for one package, with all claims that say the same as each."""

    package: str
    one: Need
    other: Need
    ones: list[Claim]
    others: list[Claim]


def _from_one_repository(rivals: _Rivals) -> bool:
    mine, its = (need.source.split(" ")[:2] for need in (rivals.one, rivals.other))
    return mine == its and mine[0] == "git"


def _faults(view: WorkspaceView, rivals: list[_Rivals]) -> Faults:
    return Faults(view, [(both.ones, both.others) for both in rivals])


def _rivals(view: WorkspaceView, value: Callable[[Need], str]) -> Iterator[_Rivals]:
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
                yield _Rivals(package, first[0], second[0], ones, others)


@workspace_rule(PATH_VERSION)
def dep_path_version_vs_member_bump(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Path dependencies with a version."""
    needs = view.shared(Needs)
    bumped = set(needs.directories_with("version")) if needs.vary else set()
    wanted: dict[tuple[str, str], list[Need]] = {}
    for need in needs.all if bumped else ():
        if need.local is not None and need.local in bumped and need.requirement != "*":
            wanted.setdefault((need.local, need.requirement), []).append(need)
    disputes: list[tuple[Need, str, list[Claim], list[Claim]]] = []
    for (directory, requirement), asking in wanted.items():
        given: dict[str, list[Claim]] = {}
        for version, claim in needs.fields(directory, "version") if needs.varying(asking) else ():
            if not accepts(requirement, version):
                given.setdefault(version, []).append(claim)
        needed = [need.claim() for need in asking] if given else []
        disputes += ((asking[0], version, claims, needed) for version, claims in given.items())
    faults = Faults(view, [(claims, needed) for _, _, claims, needed in disputes])
    for need, version, claims, needed in disputes:
        message = (
            f"{{left}} makes the crate in {named(need.local or '.')} version {named(version)}; {{right}} asks for "
            f"{named(need.requirement)} of it in {_manifest(need)}."
        )
        proposal = f'Ask for `version = "{version}"`.'
        for found in encounters(view, claims, needed, faults=faults):
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
    disputes: list[tuple[Need, Need, list[Claim], list[Claim]]] = []
    for (user, used), between in edges.items():
        if not (membership.root(user) == membership.root(used) and _is_listed(membership, user)):
            continue
        for mine, its in _split(needs, user, used):
            ones = [Claim((*need.atoms, *edge.atoms)) for need in mine for edge in between]
            disputes.append((mine[0], its[0], ones, [need.claim() for need in its]))
    faults = Faults(view, [(ones, others) for _, _, ones, others in disputes])
    for one, other, ones, others in disputes:
        message = (
            f"After {{left}} and {{right}}, {_manifest(one)} asks for {named(one.package)} "
            f"{named(one.requirement)} and {_manifest(other)}, which it uses, for {named(other.requirement)}."
        )
        for found in encounters(view, ones, others, faults=faults):
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


def _manifest(need: Need) -> str:
    return named(join(need.directory, "Cargo.toml"))
