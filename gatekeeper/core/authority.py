"""Who may decide what: from the name that signs to the roles that ``gatekeeper.toml`` gives it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gatekeeper.core.roster import Principal, RoleName


def roles_of(principal: Principal, roles: Mapping[RoleName, Collection[Principal]]) -> frozenset[RoleName]:
    """Return the roles that ``principal`` has, letter for letter: a ``*`` among the principals is only a star."""
    return frozenset(role for role, principals in roles.items() if principal in principals)
