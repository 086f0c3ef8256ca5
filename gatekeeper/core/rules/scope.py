"""What agents may edit, as they have declared it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.core.names import AgentName, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import stated_rule
from gatekeeper.core.toml_text import named, shortened
from gatekeeper.core.watch.scope import Outside
from gatekeeper.core.workspace_view import WorkspaceHit

_SHOWN = 4

EDIT_OUTSIDE_SCOPE = stated_rule(
    RuleInfo(
        id=RuleId("edit-outside-scope"),
        family=Family.AGENTS,
        severity=Severity.MINOR,
        summary="An agent edits a place that lies outside of the scope that gatekeeper.toml declares for it.",
        explanation=(
            "Work was divided so that agents do not meet: an edit outside of the scope is one that nobody else reckons "
            "with, and often one that was not meant. `scope` of the agent lists paths (`crates/x/**`: all of a file) "
            "and keys (`Makefile.toml#tasks.**`: those keys of a manifest). What the branch changes since it left "
            "trunk counts, key by key; what it has taken over from an agent in whose scope the place lies does not. "
            "`Cargo.lock` follows from the manifests: whoever may edit a `Cargo.toml` of its workspace may change it."
        ),
        settles="Leave the place to the agent whose scope covers it, or widen the scope in gatekeeper.toml on trunk.",
        fixtures=("edit-outside-scope",),
    )
)


def scope_hit(agent: int, place: Outside, owners: Sequence[AgentName]) -> WorkspaceHit:
    """Return the hit about one agent, by its number, and one file; ``owners`` are those whose scope covers it."""
    message = f"{{left}} edits {_what(place)} outside of its scope."
    hit = Hit(EDIT_OUTSIDE_SCOPE.id, (), HitSide(place.path, ()), None, message, _proposal(owners))
    return WorkspaceHit(hit, 1 << agent, 0)


def _what(place: Outside) -> str:
    path: TreePath = place.path
    if not place.keys:
        return f"`{shortened(path)}`"
    return f"{', '.join(_keys(place))} of `{shortened(path)}`"


def _keys(place: Outside) -> Iterator[str]:
    few = place.keys if len(place.keys) <= _SHOWN + 1 else place.keys[:_SHOWN]
    yield from map(named, few)
    if len(few) < len(place.keys):
        yield f"and {len(place.keys) - len(few)} more keys"


def _proposal(owners: Sequence[AgentName]) -> str:
    if not owners:
        return "No agent's scope covers it: widen the scope in gatekeeper.toml, or take the edit back."
    return f"Ask the owner of that place, {' or '.join(owners[:_SHOWN])}, or widen the scope in gatekeeper.toml."
