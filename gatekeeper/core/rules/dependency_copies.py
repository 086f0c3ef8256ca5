"""Packages of which a workspace can have one only: by the library that they link, or by name and version."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.combination import Question
from gatekeeper.core.membership import Membership
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.needs import Need, Needs
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

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
