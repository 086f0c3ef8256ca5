"""Members of a workspace that one side takes out, keeps out or lists while the other side relies on the opposite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Question
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import is_glob
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

UNLISTED = RuleInfo(
    id=RuleId("ws-member-unlisted-dir-kept"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side takes a crate out of `members`, keeping its directory; the other side comes to depend on it.",
    explanation=(
        "Nothing breaks: what a path dependency leads to is a member without being listed. But the crate that the "
        "one side took out of the workspace is back in it."
    ),
    settles="Tell the side that unlisted the crate; `exclude` would keep it out.",
    fixtures=("ws-member-unlisted-dir-kept",),
)

EXCLUDED_PLAIN = RuleInfo(
    id=RuleId("ws-member-excluded-plain"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side excludes a crate from the workspace; the other side adds a path dependency on it.",
    explanation=(
        "The workspace still builds, and the excluded crate with it, but `--workspace` no longer tests it, although "
        "a member now relies on it."
    ),
    settles="Decide whether the crate belongs to the workspace.",
    fixtures=("ws-member-excluded-plain",),
)

EXCLUDED_INHERITS = RuleInfo(
    id=RuleId("ws-member-excluded-inherits"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side excludes a crate that inherits from the workspace; the other side depends on it.",
    explanation=(
        "An excluded crate has no workspace to inherit from, so its `workspace = true` fails as soon as anything "
        "depends on it. `cargo metadata --no-deps` does not see it."
    ),
    settles="Keep the crate in the workspace, or spell out in it what it inherits.",
    fixtures=("ws-member-excluded-inherits",),
    tool_says="error inheriting `version` from workspace root manifest's `workspace.package.version`",
)

GLOB_VS_EXCLUDE = RuleInfo(
    id=RuleId("ws-member-glob-vs-exclude"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side excludes a crate that a glob makes a member; the other side adds a path dependency on it.",
    explanation="`exclude` wins over a glob: the crate leaves the workspace, and `--workspace`, without a message.",
    settles="Decide whether the crate belongs to the workspace.",
    fixtures=("ws-member-glob-vs-exclude",),
)

VS_EXCLUDE_EXPLICIT = RuleInfo(
    id=RuleId("ws-member-vs-exclude-explicit"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side lists a crate in `members`, the other side in `exclude`.",
    explanation="Cargo says nothing: the explicit member wins, and the exclusion has no effect.",
    settles="Decide whether the crate belongs to the workspace, and keep one of the two entries.",
    fixtures=("ws-member-vs-exclude-explicit",),
)

DEFAULT_NOT_MEMBER = RuleInfo(
    id=RuleId("ws-default-member-not-member"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side takes a crate out of the workspace that the other side adds to `default-members`.",
    explanation="Every default member must be a member: cargo refuses the whole workspace.",
    settles="Drop the entry from `default-members`, or keep the member.",
    fixtures=("ws-default-member-not-member", "ws-default-member-not-member--moved"),
    tool_says="package `p2` is listed in default-members but is not a member",
)


@workspace_rule(UNLISTED)
def ws_member_unlisted_dir_kept(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """A dependency makes a member of what nothing lists and nothing excludes."""

    def fault(terms: Terms, bits: int) -> bool:
        listed = bits & (terms.explicit | terms.globs)
        return bool(bits & terms.edges and bits & terms.manifest) and not listed and not terms.excluded(bits)

    message = "{{left}} takes {crate} out of `members`; {{right}} makes it a member again by depending on it."
    for found, known in _depended_upon(view, UNLISTED, fault, message, lambda terms: terms.explicit | terms.globs):
        # A crate that is new was not taken out: it lost a glob that would have listed it, and is a member all the same.
        if known:
            yield found


@workspace_rule(EXCLUDED_PLAIN)
def ws_member_excluded_plain(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Excluded, depended on, complete by itself."""

    def fault(terms: Terms, bits: int) -> bool:
        return _excluded_and_used(terms, bits) and not bits & (terms.inherits | terms.globs)

    message = "{{left}} excludes {crate} from the workspace; {{right}} depends on it."
    yield from _depended_on(view, EXCLUDED_PLAIN, fault, message)


@workspace_rule(EXCLUDED_INHERITS)
def ws_member_excluded_inherits(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Excluded, depended on, not complete by itself."""

    def fault(terms: Terms, bits: int) -> bool:
        return _excluded_and_used(terms, bits) and bool(bits & terms.inherits)

    message = (
        "{{left}} excludes {crate} from the workspace; {{right}} needs it, and it inherits from the workspace that "
        "it is no longer in."
    )
    yield from _depended_on(view, EXCLUDED_INHERITS, fault, message)


@workspace_rule(GLOB_VS_EXCLUDE)
def ws_member_glob_vs_exclude(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Excluded although a glob of `members` matches it."""

    def fault(terms: Terms, bits: int) -> bool:
        return _excluded_and_used(terms, bits) and bool(bits & terms.globs) and not bits & terms.inherits

    message = "{{left}} excludes {crate}, which a glob in `members` matches; {{right}} depends on it."
    yield from _depended_on(view, GLOB_VS_EXCLUDE, fault, message)


def _excluded_and_used(terms: Terms, bits: int) -> bool:
    return terms.excluded(bits) and bool(bits & terms.edges) and bool(bits & terms.manifest)


def _depended_on(
    view: WorkspaceView,
    info: RuleInfo,
    fault: Callable[[Terms, int], bool],
    message: str,
    taking: Callable[[Terms], int] = lambda terms: terms.excludes | terms.explicit_above,
) -> Iterator[WorkspaceHit]:
    """Ask about every directory of which an entry changed; the right side is the one that comes to need it."""
    return (found for found, _ in _depended_upon(view, info, fault, message, taking))


def _depended_upon(
    view: WorkspaceView,
    info: RuleInfo,
    fault: Callable[[Terms, int], bool],
    message: str,
    taking: Callable[[Terms], int],
) -> Iterator[tuple[WorkspaceHit, bool]]:
    """Yield what ``_depended_on`` does, each with whether the base has the crate already."""
    membership = view.shared(Membership)
    for directory, question, terms in membership.touched:
        taken = taking(terms)
        for answer in question.ask(view.relation, partial(fault, terms), taken):
            deeds = question.deeds(answer, taken, terms.edges | terms.inherits | terms.manifest)
            if deeds is not None:
                hit = combined_hit(info, answer, deeds, message.format(crate=named(directory)))
                yield hit, bool(answer.base_bits & terms.manifest)


@workspace_rule(VS_EXCLUDE_EXPLICIT)
def ws_member_vs_exclude_explicit(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The same directory, spelled out in both lists."""
    for symbol in view.index.of_kind(Kind.EXCLUDE):
        question = Question(view.everywhere)
        excludes = question.any_of(view.atoms(Kind.EXCLUDE, *symbol.name))
        members = question.any_of(view.atoms(Kind.MEMBER, *symbol.name))
        if not members:
            continue
        for answer in question.ask(view.relation, partial(_both, excludes, members), excludes):
            deeds = question.deeds(answer, excludes, members)
            if deeds is not None:
                crate = named(symbol.name[1])
                message = f"{{left}} excludes {crate} from the workspace; {{right}} lists it as a member."
                yield combined_hit(VS_EXCLUDE_EXPLICIT, answer, deeds, message)


def _both(first: int, second: int, bits: int) -> bool:
    return bool(bits & first and bits & second)


@workspace_rule(DEFAULT_NOT_MEMBER)
def ws_default_member_not_member(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Entries of `default-members` that name one directory."""
    membership = view.shared(Membership)
    for symbol in view.index.of_kind(Kind.DEFAULT_MEMBER):
        root, directory = symbol.name
        question = Question(view.everywhere)
        listed = question.any_of(view.atoms(Kind.DEFAULT_MEMBER, root, directory))
        terms = membership.terms(question, root, directory)
        if is_glob(directory) or not terms.manifest:
            continue
        taking = terms.explicit | terms.globs | terms.excludes | terms.edges | terms.manifest
        for answer in question.ask(view.relation, partial(_listed_outside, listed, terms), taking):
            deeds = question.deeds(answer, taking, listed)
            if deeds is None:
                continue
            for moved_to, agents in _by_new_place(view, directory, answer.left):
                if moved_to is None:
                    deed, proposal = f"takes {named(directory)} out of the workspace", "Drop the entry from"
                else:
                    deed = f"moves the crate in {named(directory)} to {named(moved_to)}"
                    proposal = f"Write {named(moved_to)} in place of {named(directory)} in"
                message = f"{{left}} {deed}; {{right}} adds {named(directory)} to `default-members`."
                narrowed = answer.between(agents, answer.right)
                yield combined_hit(DEFAULT_NOT_MEMBER, narrowed, deeds, message, f"{proposal} `default-members`.")


def _by_new_place(view: WorkspaceView, directory: str, agents: int) -> list[tuple[str | None, int]]:
    """Split ``agents`` by where they moved the crate; None: nowhere, whether they still have it or not."""
    gone = agents & ~view.index.standing(Symbol(Kind.MANIFEST.value, (directory,))).agents
    split = view.shared(CrateMoves).split(directory, gone) if gone else []
    moved = [(place, who) for place, who in split if place is not None]
    rest = agents & ~union(who for _, who in moved)
    return [*moved, (None, rest)] if rest else [*moved]


def _listed_outside(listed: int, terms: Terms, bits: int) -> bool:
    return bool(bits & listed) and not terms.member(bits)
