"""What agents share beside the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from gatekeeper.core.bits import members
from gatekeeper.core.expansion import BY_BRANCH, BY_CHECKOUT, BY_RUN
from gatekeeper.core.findings import Remark, StandingFault
from gatekeeper.core.names import KeyPath, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import stated_rule
from gatekeeper.core.rules.workspace_hits import named
from gatekeeper.core.target_dirs import INSIDE, TARGET, AgentTargetDirs, SharedTargetDir, TargetDir
from gatekeeper.core.workspace_view import WorkspaceHit

_UNIQUE = frozenset({BY_RUN, BY_BRANCH, BY_CHECKOUT})

TARGET_DIR_SHARED = stated_rule(
    RuleInfo(
        id=RuleId("target-dir-shared-by-two-agents"),
        family=Family.ENVIRONMENT,
        severity=Severity.CRITICAL,
        summary="Two agents build into the same target directory from different checkouts.",
        explanation=(
            "Cargo does not tell the checkouts apart: it finds the other agent's build fresh, runs the other's "
            "binary and reports the other's test results as its own, without a word. At best the two wait for each "
            "other's lock. Values that differ from run to run, by checkout or by branch are unique by construction."
        ),
        settles="Give each agent a target directory of its own; share a compiler cache instead.",
        fixtures=("target-dir-shared-by-two-agents",),
        tool_says="Blocking waiting for file lock on artifact directory",
    )
)


def target_dir_hits(shared: Iterable[SharedTargetDir]) -> Iterator[WorkspaceHit]:
    """Yield the hits of directories that agents chose themselves: each pair once a directory."""
    for group in shared:
        if group.standing:
            continue
        sides: dict[tuple[TreePath, KeyPath], tuple[TargetDir, int]] = {}
        for agent, found in group.users:
            place = (found.path, found.key)
            sides[place] = (found, sides.get(place, (found, 0))[1] | 1 << agent)
        for found, mask in sides.values():
            # Agents with the same setting clash with each other too: one against those after it, and so on.
            for agent in members(mask):
                later = mask >> agent + 1 << agent + 1
                if later:
                    yield _hit(group.directory, (found, 1 << agent), (found, later))
        # By place and not by agent, so that a finding stays where it is when somebody else joins in.
        for left, right in combinations((sides[place] for place in sorted(sides)), 2):
            yield _hit(group.directory, left, right)


def standing_target_dirs(shared: Iterable[SharedTargetDir]) -> Iterator[StandingFault]:
    """Yield the directories that trunk's own settings send every agent to."""
    for group in shared:
        if group.standing:
            found = group.users[0][1]
            message = f"{len(group.users)} agents build into {named(group.directory)}, as trunk tells them to."
            yield StandingFault(TARGET_DIR_SHARED.id, found.path, found.key, message)


def target_dir_remarks(agents: Iterable[AgentTargetDirs]) -> list[Remark]:
    """Return why settings of target directories clash with nobody's: each distinct one once, by place.

    A place inside the worktree, as cargo's own is, needs no word; nor does a link, which nobody wrote a value into.
    """
    said = {
        Remark(found.path, found.key, _remark(found, found.note))
        for agent in agents
        for found in agent.directories
        if found.note is not None and found.note != INSIDE and found.path != TARGET
    }
    return sorted(said, key=lambda remark: (remark.path, remark.key, remark.message))


def _remark(found: TargetDir, note: str) -> str:
    value = f"{named(found.value)} " if found.value else ""
    return f"{value}{note}: {'unique by construction' if note in _UNIQUE else 'not compared with other agents'}."


def _hit(directory: str, left: tuple[TargetDir, int], right: tuple[TargetDir, int]) -> WorkspaceHit:
    one, other = (HitSide(found.path, found.key, after=found.value) for found, _ in (left, right))
    message = f"{{left}} and {{right}} build into the same directory, {named(directory)}."
    proposal = "Give each agent a target directory of its own."
    return WorkspaceHit(Hit(TARGET_DIR_SHARED.id, one.key, one, other, message, proposal), left[1], right[1])
