"""Tables that count in the root of a workspace only."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.combination import Question
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tree_paths import join
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

IGNORED = RuleInfo(
    id=RuleId("ws-member-profile-patch-ignored"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side makes a crate a member of a workspace; the other adds profiles or patches to its manifest.",
    explanation=(
        "`[profile]`, `[patch]` and `[replace]` count in the root of a workspace only. In a member's manifest cargo "
        "ignores them with no more than a warning: the build is another one than was meant."
    ),
    settles="Move the table to the manifest of the workspace's root.",
    fixtures=("ws-member-profile-patch-ignored", "ws-member-profile-patch-ignored--patch"),
    tool_says="profiles for the non root package will be ignored, specify profiles at the workspace root",
)


@workspace_rule(IGNORED)
def ws_member_profile_patch_ignored(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Tables of crates that lie in a workspace and are not its root."""
    membership = view.shared(Membership)
    for symbol in sorted(view.index.changed(Kind.ROOT_TABLE)):
        directory, name = symbol.name
        for root in membership.roots(directory):
            if root == directory:
                continue
            question = Question(view.everywhere)
            terms = membership.terms(question, root, directory)
            adds = question.any_of(view.atoms(Kind.ROOT_TABLE, *symbol.name))

            def fault(bits: int, adds: int = adds, terms: Terms = terms) -> bool:
                return bool(bits & adds) and terms.member(bits)

            for answer in question.ask(view.relation, fault, terms.deciding):
                deeds = question.deeds(answer, terms.deciding, adds)
                if deeds is not None:
                    manifest = named(join(root, "Cargo.toml"))
                    message = (
                        f"{{left}} makes the crate in {named(directory)} a member of the workspace of {manifest}; "
                        f"{{right}} adds [{name}] to its manifest, where cargo ignores it."
                    )
                    yield combined_hit(IGNORED, answer, deeds, message, f"Move [{name}] to {manifest}.")
