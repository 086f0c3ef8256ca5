from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, event, given, settings

from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder
from tests.kit.histories import History, build_or_reject, histories
from tests.kit.oracle import ask_git, differences

EXAMPLES = 60
EXPLORED = 2000


@settings(
    max_examples=EXPLORED if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories())
def test_scan_says_of_every_pair_what_git_says(
    new_repository: Callable[[], RepositoryBuilder], history: History
) -> None:
    #
    repository = new_repository()
    agents = build_or_reject(history, repository)
    answer = ask_git(repository.git_dir, "main", agents)
    for state in sorted(set(answer.states.values())):
        event(f"an agent is {state}")
    event(f"{min(3, sum(map(bool, answer.conflicts.values())))} pairs or more conflict")
    report = scan(ScanRequest(str(repository.root), "main", (), tuple(agents), worktrees=False, cache=False))
    assert not differences(answer, report)
