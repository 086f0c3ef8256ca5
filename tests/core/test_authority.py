from __future__ import annotations

from gatekeeper.core.authority import roles_of
from gatekeeper.core.roster import Principal, RoleName

ROLES = {
    RoleName("architect"): (Principal("lead@example.org"), Principal("*@example.org")),
    RoleName("coordinator"): (Principal("ops@example.org"), Principal("lead@example.org")),
    RoleName("nobody"): (),
}


def test_a_principal_has_the_roles_in_which_it_is_named() -> None:
    assert roles_of(Principal("lead@example.org"), ROLES) == {"architect", "coordinator"}
    assert roles_of(Principal("ops@example.org"), ROLES) == {"coordinator"}


def test_nothing_is_a_pattern() -> None:
    for name in ("other@example.org", "", "LEAD@example.org", "lead@example.org ", "*"):
        assert roles_of(Principal(name), ROLES) == frozenset()
