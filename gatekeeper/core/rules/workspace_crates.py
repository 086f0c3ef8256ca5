"""Crates that one side deletes, adds or names while the other side edits, adds or lists the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gatekeeper.core.combination import Question
from gatekeeper.core.crate_contents import deleted_and_edited, left_in_globs, made_twice, relisted
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.emptied_globs import emptied_globs
from gatekeeper.core.membership import Membership, inherited_in_vain
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import Sees, workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, crate_in, dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import Dangling, Remains, WorkspaceHit, WorkspaceView

RESIDUE = RuleInfo(
    id=RuleId("ws-member-dir-deleted-glob-residue"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side deletes a crate that a glob in `members` matches; the other side adds a file in its directory.",
    explanation=(
        "The directory stays because of the new file, the glob still matches it, and cargo looks for the manifest "
        "that is gone: the whole workspace is dead, whatever the file is. So it is where the other side deletes the "
        "last of what the glob matched: cargo then takes the glob itself for a directory."
    ),
    settles="Delete what is left of the directory, or move the new file; take out a glob that matches nothing.",
    fixtures=(
        "ws-member-dir-deleted-glob-residue",
        "ws-member-dir-deleted-glob-residue--glob-added",
        "ws-member-dir-deleted-glob-residue--nothing-left",
        "ws-member-dir-deleted-glob-residue--glob-for-nothing",
    ),
    tool_says="failed to load manifest for workspace member `crates/x`\nreferenced via `crates/*` by workspace",
)

LIST_REWRITTEN = RuleInfo(
    id=RuleId("ws-member-dir-deleted-list-rewritten"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side deletes a crate and its entry; the other side rewrites `members` with the entry still in it.",
    explanation=(
        "A list that was sorted or spelled out anew carries the entry to another line, where the deletion does not "
        "reach it. Cargo then fails to load a member whose directory is gone."
    ),
    settles="The deletion wins: take the entry out of the rewritten list.",
    fixtures=(
        "ws-member-dir-deleted-list-rewritten",
        "ws-member-dir-deleted-list-rewritten--spelled-out",
        "ws-member-dir-deleted-list-rewritten--moved",
        "ws-member-dir-deleted-list-rewritten--old-place",
    ),
    tool_says="failed to load manifest for workspace member `crates/x`\n"
    "failed to read `crates/x/Cargo.toml`\nNo such file or directory (os error 2)",
)

DELETED_VS_EDITED = RuleInfo(
    id=RuleId("ws-crate-deleted-vs-edited"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side deletes a crate that the other side goes on editing.",
    explanation=(
        "Git reports a modify/delete conflict and leaves the edited file in the tree. Taken as it is, the file is in "
        "no workspace, or a glob picks its directory up again."
    ),
    settles="Decide whether the crate stays; its edits are lost otherwise.",
    fixtures=(
        "ws-crate-deleted-vs-edited",
        "ws-crate-deleted-vs-edited--sources",
        "ws-crate-deleted-vs-edited--file-added-too",
    ),
)

SAME_NAME = RuleInfo(
    id=RuleId("ws-two-packages-same-name"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="Two changes bring two packages of one name into the workspace.",
    explanation="They are in different directories, so git sees nothing. Cargo refuses the workspace.",
    settles="Rename one of the packages.",
    fixtures=(
        "ws-two-packages-same-name",
        "ws-two-packages-same-name--listed",
        "ws-two-packages-same-name--listed-the-other-way",
        "ws-two-packages-same-name--path-dependencies",
        "ws-two-packages-same-name--outside-of-the-root",
    ),
    tool_says="two packages named `foo` in this workspace",
)

SAME_NEW_CRATE = RuleInfo(
    id=RuleId("ws-same-new-crate-both"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides create a crate in the same directory, with different manifests.",
    explanation="Git reports an add/add conflict for each file; what is meant to be one crate has two beginnings.",
    settles="Decide which of them it is, or put one of them elsewhere.",
    fixtures=("ws-same-new-crate-both", "ws-same-new-crate-both--two-names"),
)

FIELD_REMOVED = RuleInfo(
    id=RuleId("ws-package-field-removed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side removes a field of [workspace.package] that the other side's crate starts to inherit.",
    explanation="Two files, a clean merge; then the crate inherits what is not there, and no cargo command works.",
    settles="Restore the field, or spell it out in the crate.",
    fixtures=("ws-package-field-removed",),
    tool_says=(
        "error inheriting `license` from workspace root manifest's `workspace.package.license`\n"
        "`workspace.package.license` was not defined"
    ),
)

LINTS_REMOVED = RuleInfo(
    id=RuleId("ws-lints-removed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side removes [workspace.lints] while the other side's crate starts to inherit it.",
    explanation="Two files, a clean merge; then the crate inherits what is not there, and no cargo command works.",
    settles="Restore the table, or take `lints.workspace = true` out of the crate.",
    fixtures=("ws-lints-removed",),
    tool_says="`workspace.lints` was not defined",
)


@workspace_rule(RESIDUE, sees=Sees.CONTENTS)
def ws_member_dir_deleted_glob_residue(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Directories that a glob matches, with files but without a manifest; and globs that match nothing."""
    for directory, answer, deeds in left_in_globs(view):
        crate, file = named(directory), named(deeds[1].place.path)
        listed = deeds[0].place.key
        if not listed:
            message = (
                f"A glob in `members` matches {crate}: {{left}} leaves it without a manifest, {{right}} adds {file}."
            )
            proposal = f"Delete what is left of {crate}."
        else:
            deed = f"adds {named(listed[-1])} to" if deeds[0].added else f"takes {named(listed[-1])} out of"
            message = (
                f"{{left}} {deed} `{listed[-2]}`, so that a glob in `members` matches {crate}; "
                f"{{right}} adds {file}, and there is no manifest."
            )
            proposal = f"Add {crate} to `exclude`."
        yield combined_hit(RESIDUE, answer, deeds, message, proposal)
    for found in emptied_globs(view):
        glob = named(found.glob.name[1])
        gone, other = (found.matched(deed.place.path) for deed in found.deeds)
        deed = f"adds {glob} to `members`" if found.deeds[1].added else f"takes {named(other)} away"
        message = f"{{left}} takes {named(gone)} away, {{right}} {deed}: nothing is left that the glob {glob} matches."
        yield combined_hit(RESIDUE, found.answer, found.deeds, message, f"Take {glob} out of `members`.")


@workspace_rule(LIST_REWRITTEN)
def ws_member_dir_deleted_list_rewritten(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Lists in another order, and entries that spell out what a glob matched."""
    moves = view.shared(CrateMoves)
    for found in relisted(view):
        entry = found.symbol.name[1]
        left = HitSide(found.entry.path, found.entry.key, before=found.entry.shown)
        right = HitSide(found.order.path, found.order.key)
        for moved_to, agents in moves.split(entry, found.left):
            deed, proposal = _gone(entry, moved_to)
            message = f"{{left}} {deed}, with its entry in `members`; {{right}} rewrites the list with the entry in it."
            hit = Hit(LIST_REWRITTEN.id, left.key, left, right, message, proposal)
            yield WorkspaceHit(hit, agents, found.right, remains=Remains(found.symbol, found.bases))
    for dangling in view.dangling(Kind.MANIFEST):
        if dangling.reference.how == How.ENTRY:
            entry = dangling.reference.symbol.name[0]
            for moved_to, agents in moves.split(entry, dangling.left):
                deed, proposal = _gone(entry, moved_to)
                message = f"{{left}} {deed}; {{right}} lists it in `members`."
                one = Dangling(dangling.definition, dangling.reference, agents, dangling.right)
                yield dangling_hit(LIST_REWRITTEN, view, one, message, proposal)


def _gone(directory: str, moved_to: str | None) -> tuple[str, str]:
    """Return what became of a crate, and what to do about the entry that names its old place."""
    crate = named(directory)
    if moved_to is None:
        return f"deletes the crate in {crate}", f"Take {crate} out of `members`."
    return f"moves the crate in {crate} to {named(moved_to)}", f"Write {named(moved_to)} in its place in `members`."


@workspace_rule(DELETED_VS_EDITED, sees=Sees.CONTENTS)
def ws_crate_deleted_vs_edited(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Manifests and sources of a crate whose manifest is gone."""
    for found in view.shared(deleted_and_edited):
        message = f"{{left}} deletes the crate {crate_in(found.directory)}; {{right}} edits {named(found.path)} in it."
        side = HitSide(found.path, ())
        yield WorkspaceHit(Hit(DELETED_VS_EDITED.id, (), side, side, message), found.left, found.right)


@workspace_rule(SAME_NEW_CRATE, sees=Sees.CONTENTS)
def ws_same_new_crate_both(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Manifests that no base has, with different contents."""
    moves = view.shared(CrateMoves)
    for found in made_twice(view):
        packages = moves.packages(found.directory) & (found.left | found.right)
        what = f"a crate {crate_in(found.directory)}" if packages == found.left | found.right else named(found.path)
        message = f"{{left}} and {{right}} both create {what}, each with a manifest of its own."
        side = HitSide(found.path, ())
        yield WorkspaceHit(Hit(SAME_NEW_CRATE.id, (), side, side, message), found.left, found.right)


@workspace_rule(SAME_NAME)
def ws_two_packages_same_name(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Members of one workspace; what is excluded or has a workspace of its own may be called what it likes."""
    membership = view.shared(Membership)
    directories: dict[tuple[str, str], list[str]] = {}
    for symbol in view.index.of_kind(Kind.PACKAGE):
        directory, name = symbol.name
        for root in membership.roots(directory):
            directories.setdefault((root, name), []).append(directory)
    for (root, name), places in directories.items():
        for first, second in combinations(places, 2):
            yield from _same_name(view, membership, root, name, (first, second))


def _same_name(
    view: WorkspaceView, membership: Membership, root: str, name: str, pair: tuple[str, str]
) -> Iterator[WorkspaceHit]:
    question = Question(view.everywhere)
    named_so = [question.any_of(view.atoms(Kind.PACKAGE, directory, name)) for directory in pair]
    terms = [membership.terms(question, root, directory) for directory in pair]

    def fault(bits: int) -> bool:
        return all(bits & mask for mask in named_so) and all(term.member(bits) for term in terms)

    taking, using = (mask | term.deciding for mask, term in zip(named_so, terms, strict=True))
    for answer in question.ask(view.relation, fault, taking):
        sides = question.sides(answer, taking, using)
        if sides is not None:
            first, second = map(named, pair)
            message = f"{{left}} and {{right}} bring two packages named {named(name)}: in {first} and in {second}."
            yield combined_hit(SAME_NAME, *sides, message)


@workspace_rule(FIELD_REMOVED)
def ws_package_field_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Fields of [workspace.package]."""
    for found in inherited_in_vain(view, Kind.WORKSPACE_PACKAGE):
        field = found.definition.symbol.name[1]
        message = (
            f"{{left}} removes {named(field)} from [workspace.package]; "
            f"{{right}} inherits it in {named(found.reference.path)}."
        )
        yield dangling_hit(FIELD_REMOVED, view, found, message, "Restore the field in [workspace.package].")


@workspace_rule(LINTS_REMOVED)
def ws_lints_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The one table under [workspace] that is inherited whole."""
    for found in inherited_in_vain(view, Kind.WORKSPACE_TABLE):
        message = f"{{left}} removes [workspace.lints]; {{right}} inherits it in {named(found.reference.path)}."
        yield dangling_hit(LINTS_REMOVED, view, found, message, "Restore [workspace.lints].")
