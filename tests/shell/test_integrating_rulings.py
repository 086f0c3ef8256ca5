"""An integration follows what was ruled, at the place that it was ruled on, and only by a ruling that counts (R-12)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.coordinator.integrate_command import IntegrateCommand, Integrated
from gatekeeper.core.ledger.case_events import CaseClosed
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.names import AgentName, TreePath
from gatekeeper.core.proposals import content_digest
from gatekeeper.core.schema import profile_for
from gatekeeper.core.toml_scan import key_parts
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import CASE, CODER, KEY, ONE, PATH, TWO, Court, manifest

pytestmark = needs_openssh

UNION = manifest("minimal", "debug-fast", "headless")
NOTES = "notes.txt"


def digest(text: str | None, *, path: str = PATH, key: str = KEY) -> str:
    content = None if text is None else text.encode()
    return content_digest(content, profile_for(TreePath(path)), key_parts(key) if key else ())


class Hearing(Court):
    """A court in whose case the contents are those of the branches."""

    def __init__(self, repository: RepositoryBuilder, keys: Path) -> None:
        super().__init__(repository, keys)
        self.open(
            contents={ONE: digest(manifest("minimal", "debug-fast")), TWO: digest(manifest("minimal", "headless"))}
        )

    def rule(self, key: str = "lead", **more: Any) -> Event:
        """Rule on the case: by default, that both get what they want."""
        given: dict[str, Any] = {"choice": "proposal", "agent": None, "text": UNION, "result": digest(UNION)}
        principal = {"principal": CODER} if key == "coder" else {}
        return self.say(self.ruling(**given | principal | more), key)

    def land(self, agent: str, **more: str) -> None:
        """Put a branch on trunk, and more files after it."""
        self.repository.merge("main", agent)
        if more:
            self.repository.commit("main", more)

    def integrate(self, agent: AgentName = TWO) -> Integrated:
        """Integrate as the command does."""
        repository = open_repository(str(self.repository.root))
        return IntegrateCommand(repository, None, clock=lambda: datetime.now(UTC)).run(agent)

    def merged(self, path: str = PATH, agent: AgentName = TWO) -> str:
        """Return a file as it was published."""
        return self.repository.git("show", f"refs/gatekeeper/integrated/{agent}:{path}")


@pytest.fixture
def hearing(repository: RepositoryBuilder, tmp_path: Path) -> Hearing:
    return Hearing(repository, tmp_path / "keys")


def test_without_a_ruling_all_is_merged_as_ever(hearing: Hearing) -> None:
    hearing.land(ONE)
    done = hearing.integrate()
    assert done.integration is not None
    assert done.integration.settled == (PATH,)
    assert digest(hearing.merged()) == digest(UNION)


def test_the_ruled_value_counts_and_all_else_is_merged(hearing: Hearing) -> None:
    ruling = hearing.rule()
    hearing.land(ONE)
    # Trunk has gone on elsewhere in the file, and so has the branch.
    hearing.repository.commit("main", {PATH: manifest("minimal", "debug-fast").replace("0.1.0", "0.2.0")})
    hearing.repository.commit(TWO, {PATH: manifest("minimal", "headless") + "mine = []\n"})
    done = hearing.integrate()
    assert done.outcome == "published", done
    text = hearing.merged()
    assert digest(text) == digest(UNION)
    assert 'version = "0.2.0"' in text
    assert "mine = []" in text
    assert done.integration is not None
    assert any(ruling.id in place and CASE in place for place in done.integration.settled)
    message = hearing.repository.git("log", "-1", "--format=%B", f"refs/gatekeeper/integrated/{TWO}")
    assert ruling.id in message


def test_the_ruling_of_a_closed_case_counts(hearing: Hearing) -> None:
    hearing.rule()
    hearing.append(hearing.event(CaseClosed(CASE, "over"), "gatekeeper"))
    hearing.land(ONE)
    assert hearing.integrate().outcome == "published"
    assert digest(hearing.merged()) == digest(UNION)


def test_a_side_that_was_taken_counts_even_without_a_text(hearing: Hearing) -> None:
    hearing.rule(choice="take", agent=TWO, text=None, result=digest(manifest("minimal", "headless")))
    hearing.land(ONE)
    assert hearing.integrate().outcome == "published"
    assert digest(hearing.merged()) == digest(manifest("minimal", "headless"))
    assert "debug-fast = []" in hearing.merged()


#
def test_a_ruling_by_somebody_without_the_right_does_not_count(hearing: Hearing) -> None:
    neither = manifest("minimal")
    hearing.rule("coder", choice="file", text=neither, result=digest(neither))
    hearing.land(ONE)
    assert hearing.integrate().outcome == "published"
    assert digest(hearing.merged()) == digest(UNION)


def test_a_place_that_holds_something_else_by_now_is_not_settled_and_the_case_is_named(hearing: Hearing) -> None:
    neither = manifest("minimal")
    hearing.rule(choice="file", text=neither, result=digest(neither))
    hearing.land(ONE)
    hearing.repository.commit(TWO, {PATH: manifest("minimal", "unheard-of")})
    done = hearing.integrate()
    assert any(f"gatekeeper escalation show {CASE}" in note for note in done.notes)
    assert "unheard-of" in hearing.merged()


@pytest.fixture
def noted(hearing: Hearing) -> Hearing:
    """Return a case about a file that is no manifest, and ruled on."""
    repository = hearing.repository
    repository.commit("main", {NOTES: "zero\n"})
    for agent in (ONE, TWO):
        repository.branch(agent)
        repository.commit(agent, {NOTES: f"{agent}\n"})
    contents = {agent: digest(f"{agent}\n", path=NOTES, key="") for agent in (ONE, TWO)}
    hearing.append(hearing.event(CaseClosed(CASE, "another one"), "gatekeeper"))
    hearing.open(path=NOTES, key="", contents=contents)
    hearing.rule(choice="file", text="both\n", result=digest("both\n", path=NOTES, key=""))
    hearing.land(ONE)
    return hearing


def test_a_file_that_is_no_manifest_holds_the_ruled_text(noted: Hearing) -> None:
    assert noted.integrate().outcome == "published"
    assert noted.merged(NOTES) == "both\n"


def test_a_file_that_has_changed_since_is_left_in_conflict_and_the_case_is_named(noted: Hearing) -> None:
    noted.repository.commit(TWO, {NOTES: "something else\n"})
    done = noted.integrate()
    assert done.outcome == "failed"
    assert done.integration is not None
    (reason,) = done.integration.reasons
    assert f"gatekeeper escalation show {CASE}" in reason
