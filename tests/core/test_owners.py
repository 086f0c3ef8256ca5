"""Who may decide a case: never one of its parties, whatever roles they have. R-12, R-13."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.policy.owners import Concern, deciders, principals_of_parties, required_role
from gatekeeper.core.roster import AgentSpec, Principal, RoleName, Roster

ARCHITECT, COORDINATOR = RoleName("architect"), RoleName("coordinator")
AGENTS = [AgentName(name) for name in ("a", "b", "c")]
NAMES = [*AGENTS, "a@x", "lead", "ops"]


def roster(architects: list[str], coordinators: list[str], signs_as: dict[AgentName, str]) -> Roster:
    agents = {
        name: AgentSpec(
            name, RefName(f"refs/heads/{name}"), signs_as=Principal(signs_as[name]) if name in signs_as else None
        )
        for name in AGENTS
    }
    named = {ARCHITECT: architects, COORDINATOR: coordinators}
    return Roster(agents, roles={role: tuple(map(Principal, names)) for role, names in named.items()})


@given(
    st.lists(st.sampled_from(NAMES), unique=True),
    st.lists(st.sampled_from(NAMES), unique=True),
    st.dictionaries(st.sampled_from(AGENTS), st.just("a@x"), max_size=1),
    st.sets(st.sampled_from(AGENTS)),
    st.sampled_from([ARCHITECT, COORDINATOR, RoleName("security")]),
)
def test_nobody_decides_a_case_of_their_own(
    architects: list[str],
    coordinators: list[str],
    signs_as: dict[AgentName, str],
    parties: set[AgentName],
    owner: RoleName,
) -> None:
    declared = roster(architects, coordinators, signs_as)
    concern = Concern(owner, tuple(sorted(parties)))
    found = set(deciders(concern, declared))
    own = principals_of_parties(concern.parties, declared)
    assert not found & own
    # Somebody may, if anybody is left at all; and a coordinator only where nobody of the owner's role is.
    holders = declared.holders()
    owners = set(holders.get(owner, ())) - own
    assert found == (owners or set(holders.get(COORDINATOR, ())) - own)


def test_what_can_be_approved() -> None:
    for subject in ("", "incident", "gate/build", "gate/build/design", "release/x", "gate/a/b/c", "other/x"):
        assert required_role(subject, Roster()) is None
    assert required_role("incident/0123abcd", Roster()) == COORDINATOR
