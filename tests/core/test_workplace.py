from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName
from gatekeeper.core.workplace import ObstacleKind, directory_name

NAMES = st.text(alphabet=st.one_of(st.sampled_from("a/.%-2F~ü\udce9"), st.characters()), min_size=1, max_size=400)


@given(NAMES, NAMES)
@example("a/b", "a%2Fb")
@example("l" * 300, "l" * 301)
@example(".target", "%2Etarget")
@example("\udce9", "%E9")
def test_no_two_agents_have_one_directory(one: str, two: str) -> None:
    first, second = directory_name(AgentName(one)), directory_name(AgentName(two))
    assert (first == second) == (one == two)
    for name in (first, second):
        assert "/" not in name
        assert "\0" not in name
        assert not name.startswith((".", "-")) or one.startswith("-") or two.startswith("-")
        assert 0 < len(name.encode("utf-8", "surrogateescape")) <= 180


def test_plain_names_stay_as_they_are() -> None:
    assert directory_name(AgentName("agent-1_b.c")) == "agent-1_b.c"
    assert directory_name(AgentName("team/ünï")) == "team%2Fünï"


def test_only_work_of_the_agent_itself_can_be_archived() -> None:
    assert {kind.value for kind in ObstacleKind if kind.can_be_archived} == {"uncommitted", "unmerged"}
