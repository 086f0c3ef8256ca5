"""Members of a workspace that one side takes out, keeps out or lists while the other side relies on the opposite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Deed, Question
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, glob_matches, is_glob
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
    summary="One side lists a crate in `members`, the other side excludes it, or a directory above it.",
    explanation="Cargo says nothing: the explicit member wins, and the exclusion has no effect.",
    settles="Decide whether the crate belongs to the workspace, and keep one of the two entries.",
    fixtures=("ws-member-vs-exclude-explicit", "ws-member-vs-exclude-explicit--directory-above"),
)

DEFAULT_NOT_MEMBER = RuleInfo(
    id=RuleId("ws-default-member-not-member"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side takes a crate out of the workspace that the other side adds to `default-members`.",
    explanation=(
        "Every default member must be a member: cargo refuses the whole workspace. It passes over one that a glob of "
        "`members` matches and `exclude` keeps out."
    ),
    settles="Drop the entry from `default-members`, or keep the member.",
    fixtures=(
        "ws-default-member-not-member",
        "ws-default-member-not-member--glob",
        "ws-default-member-not-member--moved",
        "ws-default-member-not-member--used-outside",
    ),
    tool_says="package `p2` is listed in default-members but is not a member",
)


@workspace_rule(UNLISTED)
def ws_member_unlisted_dir_kept(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """A dependency makes a member of what nothing lists and nothing excludes."""

    def fault(terms: Terms, bits: int) -> bool:
        listed = bits & (terms.explicit | terms.globs)
        return terms.reached(bits) and bool(bits & terms.manifest) and not listed and not terms.excluded(bits)

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
        # Whoever needs it, in the workspace or not.
        return terms.excluded(bits) and bool(bits & terms.edges and bits & terms.manifest and bits & terms.inherits)

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
    return terms.excluded(bits) and terms.reached(bits) and bool(bits & terms.manifest)


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
    for _, directory, question, terms in membership.touched:
        taken = taking(terms)

        def inside(bits: int, terms: Terms = terms) -> bool:
            return terms.around(bits) and fault(terms, bits)

        for answer in question.ask(view.relation, inside, taken):
            deeds = question.deeds(answer, taken, terms.edges | terms.inherits | terms.manifest)
            if deeds is not None:
                hit = combined_hit(info, answer, deeds, message.format(crate=named(directory)))
                yield hit, bool(answer.base_bits & terms.manifest)


@workspace_rule(VS_EXCLUDE_EXPLICIT)
def ws_member_vs_exclude_explicit(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """A directory that is spelled out in `members`, and that or one above it in `exclude`."""
    listed: dict[tuple[str, str], list[str]] = {}
    for root, member in (symbol.name for symbol in view.index.of_kind(Kind.MEMBER)):
        for place in () if is_glob(member) else (member, *ancestors(member)):
            listed.setdefault((root, place), []).append(member)
    for symbol in view.index.of_kind(Kind.EXCLUDE):
        root, excluded = symbol.name
        for member in listed.get((root, excluded), ()):
            question = Question(view.everywhere)
            excludes = question.any_of(view.atoms(Kind.EXCLUDE, *symbol.name))
            members = question.any_of(view.atoms(Kind.MEMBER, root, member))
            for answer in question.ask(view.relation, partial(_both, excludes, members), excludes):
                deeds = question.deeds(answer, excludes, members)
                if deeds is not None:
                    crate = "it" if member == excluded else named(member)
                    message = (
                        f"{{left}} excludes {named(excluded)} from the workspace; {{right}} lists {crate} as a member."
                    )
                    yield combined_hit(VS_EXCLUDE_EXPLICIT, answer, deeds, message)


def _both(first: int, second: int, bits: int) -> bool:
    return bool(bits & first and bits & second)


@workspace_rule(DEFAULT_NOT_MEMBER)
def ws_default_member_not_member(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Directories that `default-members` names, and those that its globs match."""
    membership = view.shared(Membership)
    for symbol in view.index.of_kind(Kind.DEFAULT_MEMBER):
        root, entry = symbol.name
        if not is_glob(entry):
            question = Question(view.everywhere)
            yield from _outside(view, symbol, entry, question, membership.terms(question, root, entry))
            continue
        for one in membership.touched:
            if one.root == root and glob_matches(entry, one.directory):
                yield from _outside(view, symbol, one.directory, one.question, one.terms)


def _outside(
    view: WorkspaceView, entry: Symbol, directory: str, question: Question, terms: Terms
) -> Iterator[WorkspaceHit]:
    """Yield who leaves a default member out of the workspace."""
    default = question.any_of(view.atoms(Kind.DEFAULT_MEMBER, *entry.name))
    through_glob = directory != entry.name[1]

    def fault(bits: int) -> bool:
        there = bits & terms.manifest
        if not bits & default or (there and (terms.top or terms.listed(bits))) or (through_glob and not there):
            return False
        # Cargo passes over a default member that is excluded, as long as `members` would have it.
        return not (bits & terms.globs and terms.excluded(bits))

    taking = terms.deciding
    for answer in question.ask(view.relation, fault, taking) if terms.manifest else ():
        deeds = question.deeds(answer, taking, default)
        if deeds is None:
            continue
        for moved_to, agents in _by_new_place(view, directory, answer.left):
            message, proposal = _left_out(directory, deeds[1] if through_glob else None, moved_to)
            narrowed = answer.between(agents, answer.right)
            yield combined_hit(DEFAULT_NOT_MEMBER, narrowed, deeds, message, proposal)


def _left_out(directory: str, glob: Deed | None, moved_to: str | None) -> tuple[str, str]:
    """Return what to say of a default member that is none, and what would settle it."""
    crate = named(directory)
    deed = f"takes {crate} out of the workspace"
    if moved_to is not None:
        deed = f"moves the crate in {crate} to {named(moved_to)}"
    if glob is not None:
        spelled = named(str(glob.place.shown))
        added = f"{spelled}, which matches it,"
        proposal = f"Drop {spelled} from `default-members`, or keep {crate} in `members`."
    elif moved_to is None:
        added, proposal = "it", "Drop the entry from `default-members`."
    else:
        added, proposal = crate, f"Write {named(moved_to)} in place of {crate} in `default-members`."
    return f"{{left}} {deed}; {{right}} adds {added} to `default-members`.", proposal


def _by_new_place(view: WorkspaceView, directory: str, agents: int) -> list[tuple[str | None, int]]:
    """Split ``agents`` by where they moved the crate; None: nowhere, whether they still have it or not."""
    gone = agents & ~view.index.standing(Symbol(Kind.MANIFEST.value, (directory,))).agents
    split = view.shared(CrateMoves).split(directory, gone) if gone else []
    moved = [(place, who) for place, who in split if place is not None]
    rest = agents & ~union(who for _, who in moved)
    return [*moved, (None, rest)] if rest else [*moved]
