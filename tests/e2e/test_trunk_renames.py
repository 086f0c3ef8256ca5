"""R-07: two agents can meet under a name that only trunk's own rename has made."""

from __future__ import annotations

from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder
from tests.kit.oracle import ask_git, differences

LINES = "".join(f"line {number}\n" for number in range(12))
EDITED = LINES.replace("line 2\n", "line two\n")


def agreed(repository: RepositoryBuilder) -> frozenset[str]:
    """Return the conflicting paths of the agents ``old`` and ``new``, on which the scan and git agree."""
    agents = {f"refs/heads/{name}": repository.commit_id(name) for name in ("old", "new")}
    answer = ask_git(repository.git_dir, "main", agents)
    report = scan(ScanRequest(str(repository.root), "main", (), tuple(agents), worktrees=False, cache=False))
    assert not differences(answer, report)
    return answer.conflicts["refs/heads/new", "refs/heads/old"]


def test_both_edit_what_trunk_has_renamed(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.txt": LINES})
    repository.branch("old")
    repository.commit("old", {"a.txt": EDITED})
    repository.commit("main", {"a.txt": None, "b.txt": LINES})
    repository.branch("new", at="main")
    repository.commit("new", {"b.txt": LINES.replace("line 2\n", "line 2 and more\n")})
    assert agreed(repository) == {"b.txt"}


def test_one_removes_what_trunk_has_renamed_and_edited_like_the_other(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.txt": LINES, "c.txt": "c\n"})
    repository.branch("old")
    repository.commit("old", {"a.txt": EDITED, "c.txt": "changed\n"})
    repository.commit("main", {"a.txt": None, "b.txt": EDITED})
    repository.branch("new", at="main")
    repository.commit("new", {"b.txt": None})
    assert agreed(repository) == {"a.txt"}
