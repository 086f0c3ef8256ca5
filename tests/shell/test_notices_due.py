"""Which clone tells a notice: the one whose poll made it due, unless that one is not heard of."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from gatekeeper.coordinator.clones import clone_id
from gatekeeper.coordinator.deliver import due
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.events import Event, NoticeDue
from gatekeeper.core.ledger.records import EventId, NoticeId
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from tests.kit import RepositoryBuilder
from tests.shell.scans import opened


def state(now: datetime, *tellers: str) -> Overlaid:
    found = Overlaid(NoRecords())
    for teller in tellers:
        said = NoticeDue(NoticeId(f"for {teller or 'all'}"), "channel", "subject", "{}", teller=teller)
        found.put(apply(Event(EventId(teller), now, "gatekeeper", said), found))
    return found


def told(found: Overlaid, now: datetime, teller: str) -> list[str]:
    return [notice.id for notice in due(found, now, teller)]


def test_two_that_look_at_the_same_moment_tell_it_once(now: datetime) -> None:
    found = state(now, "one", "other")
    assert told(found, now, "one") == ["for one"]
    assert told(found, now, "other") == ["for other"]


def test_what_the_dead_leave_untold_another_one_tells(now: datetime) -> None:
    found = state(now, "one")
    assert told(found, now + timedelta(minutes=14), "other") == []
    assert told(found, now + timedelta(minutes=15), "other") == ["for one"]


def test_what_is_nobody_s_is_everybody_s(now: datetime) -> None:
    # As an earlier version has written it.
    assert told(state(now, ""), now, "other") == ["for all"]


def test_clones_have_names_of_their_own_that_stay(tmp_path: Path) -> None:
    builders = [RepositoryBuilder(tmp_path / name) for name in ("one", "other")]
    names = [clone_id(opened(builder)) for builder in builders]
    assert len(set(names)) == 2
    assert names == [clone_id(opened(builder)) for builder in builders]


def test_a_name_that_was_being_written_when_all_was_killed_is_drawn_again(repository: RepositoryBuilder) -> None:
    # Without a name, every clone would tell its notices.
    file = repository.git_dir / "gatekeeper/clone"
    file.parent.mkdir()
    file.touch()
    assert clone_id(opened(repository), read_only=True) == ""
    drawn = clone_id(opened(repository))
    assert drawn
    assert clone_id(opened(repository), read_only=True) == drawn
    assert [path.name for path in file.parent.iterdir()] == ["clone"]
