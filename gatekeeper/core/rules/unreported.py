"""What two edits can do to each other of which no rule speaks: because it does no harm, or because it is not found."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.core.names import RuleId


@dataclass(frozen=True, slots=True)
class Unreported:
    """A combination of edits without a rule. ``fixtures`` are the cases that show it."""

    id: RuleId
    is_harmless: bool
    reason: str
    fixtures: tuple[str, ...]


UNREPORTED = (
    Unreported(
        RuleId("dep-dup-in-two-tables-same-version"),
        is_harmless=True,
        reason="One crate in two dependency tables, in versions that agree: cargo takes them for one.",
        fixtures=("quiet--dep-dup-in-two-tables-same-version",),
    ),
    Unreported(
        RuleId("dep-pin-vs-newer-feature"),
        is_harmless=False,
        reason="Which features the pinned version has, only the registry's index or a vendored copy can tell.",
        fixtures=("known_gaps/dep-pin-vs-newer-feature",),
    ),
    Unreported(
        RuleId("feature-cycle"),
        is_harmless=True,
        reason="Features that turn each other on: cargo accepts circles of them.",
        fixtures=("quiet--feature-cycle",),
    ),
    Unreported(
        RuleId("mk-cargo-exclude-missing"),
        is_harmless=True,
        reason="A command excludes a crate that is gone: cargo warns at most.",
        fixtures=("quiet--command-excludes-removed-crate",),
    ),
    Unreported(
        RuleId("toml-adjacent-additions"),
        is_harmless=True,
        reason="Two new keys in one place: only the lines conflict, which the rule text-only-conflict notes.",
        fixtures=("text-only-conflict",),
    ),
    Unreported(
        RuleId("ws-member-listed-twice"),
        is_harmless=True,
        reason="A member that is listed twice: cargo takes it once.",
        fixtures=("quiet--ws-member-listed-twice",),
    ),
)
