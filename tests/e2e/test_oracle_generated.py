from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

from hypothesis import HealthCheck, event, given, reject, settings

from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder
from tests.kit.histories import History, build, histories
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
    try:
        agents = build(history, repository)
    except subprocess.CalledProcessError as error:
        # git 2.39 dies of some merges with renames; a history that cannot be made says nothing.
        if error.returncode != -signal.SIGABRT:
            raise
        reject()
    answer = ask_git(repository.git_dir, "main", agents)
    for state in sorted(set(answer.states.values())):
        event(f"an agent is {state}")
    event(f"{min(3, sum(map(bool, answer.conflicts.values())))} pairs or more conflict")
    report = scan(ScanRequest(str(repository.root), "main", (), tuple(agents), worktrees=False, cache=False))
    assert not differences(answer, report)
