"""A scan that begins with what an earlier one found says what a scan of everything says."""

from __future__ import annotations

import enum
import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName, Oid
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, remembered_encounters, scan
from tests.kit import RepositoryBuilder
from tests.kit.histories import History, build, histories

EXAMPLES = 60
EXPLORED = 2000


class Since(enum.Enum):
    """What an agent did after the first scan."""

    CAME = "came"
    WENT = "went"
    MOVED = "moved"


def told(repository: RepositoryBuilder, agents: list[str], *, cache: bool) -> dict[str, Any]:
    request = ScanRequest(str(repository.root), "main", (), tuple(agents), worktrees=False, cache=cache)
    document: dict[str, Any] = json.loads(scan_json(scan(request)))
    for count in ("blob_merges", "cache_hits", "seconds"):
        del document["stats"][count]
    return document


@settings(
    max_examples=EXPLORED if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories(agents=(4, 6)), mover=st.integers(0, 5), since=st.sampled_from(Since))
def test_one_branch_moves(
    new_repository: Callable[[], RepositoryBuilder], history: History, mover: int, since: Since
) -> None:
    repository = new_repository()
    try:
        agents = build(history, repository)
    except subprocess.CalledProcessError as error:
        # git 2.39 dies of some merges with renames; a history that cannot be made says nothing.
        if error.returncode != -signal.SIGABRT:
            raise
        reject()
    ref = sorted(agents)[mover % len(agents)]
    before, after = list(agents), list(agents)
    if since is Since.CAME:
        before.remove(ref)
    elif since is Since.WENT:
        after.remove(ref)
    else:
        repository.branch(ref.removeprefix("refs/heads/"), at=f"{agents[ref]}^")
    told(repository, before, cache=True)
    repository.branch(ref.removeprefix("refs/heads/"), at=agents[ref])
    expected = told(repository, after, cache=False)
    event(f"{min(3, len(expected['findings']))} findings or more")
    assert told(repository, after, cache=True) == expected


def test_only_pairs_with_the_branch_that_moved_are_compared(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    repository.commit("main", {"notes.txt": "".join(f"line {number}\n" for number in range(20))})
    for name in ("a", "b", "c", "d", "e"):
        repository.branch(name)
        repository.commit(name, {"notes.txt": f"{name}\n" + "".join(f"line {number}\n" for number in range(1, 20))})
    request = ScanRequest(str(repository.root), "main")
    assert scan(request).stats.blob_merges == 10
    repository.commit("c", {"notes.txt": "c again\n" + "".join(f"line {number}\n" for number in range(1, 20))})
    after = scan(request)
    assert after.stats.blob_merges == 4
    assert after.stats.pairs_compared == 10
    everything = scan(ScanRequest(str(repository.root), "main", cache=False))
    assert [asdict(finding) for finding in after.findings] == [asdict(finding) for finding in everything.findings]


agents = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1).map(sorted)


@given(before=agents, after=agents, agents_of_a_set=st.sets(st.sampled_from("abcdefgh")))
def test_sets_of_agents_are_renumbered(before: list[str], after: list[str], agents_of_a_set: set[str]) -> None:
    then, now = ([(AgentName(name), Oid(name * 40)) for name in names] for names in (before, after))
    kept = remembered_encounters.same_agents(then, now)
    assert {before[old]: after[new] for old, new in kept.items()} == {name: name for name in set(before) & set(after)}
    chosen = agents_of_a_set & set(before) & set(after)
    mask = sum(1 << number for number, name in enumerate(before) if name in chosen)
    expected = sum(1 << number for number, name in enumerate(after) if name in chosen)
    assert remembered_encounters.renumbering(kept)(mask) == expected


def test_agents_in_another_order_are_not_renumbered() -> None:
    then = [(AgentName("a"), Oid("1" * 40)), (AgentName("b"), Oid("2" * 40))]
    with pytest.raises(ValueError, match="order"):
        remembered_encounters.same_agents(then, then[::-1])
