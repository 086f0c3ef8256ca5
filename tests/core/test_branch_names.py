from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.core.branch_names import branch_here, branch_of, branch_problem, component_problem
from gatekeeper.core.names import RefName

PARTS = st.text(st.sampled_from("ab.-@{~^:?*[\\ /é\x07\u202e"), max_size=6) | st.text(max_size=6)


def git_takes(branch: str) -> bool:
    command = ["git", "check-ref-format", "--branch", branch]
    return "\0" not in branch and subprocess.run(command, check=False, capture_output=True).returncode == 0


@given(PARTS.filter(lambda text: text.isprintable() or "\x07" in text))
@example("a.lock")
@example("a/b.lock/c")
@example("@")
@example("HEAD")
@example("a@{b")
def test_what_passes_is_a_branch_to_git(name: str) -> None:
    if branch_problem(name) is None:
        assert git_takes(name)
    if component_problem(name) is None:
        assert git_takes(f"x/{name}")


@pytest.mark.parametrize("name", ["a", "build-config", "x.y", "Ünit", "a@b", "a_b", "1", "x" * 200])
def test_ordinary_names(name: str) -> None:
    assert component_problem(name) is None
    assert branch_problem(name) is None
    assert branch_problem(f"agent/{name}") is None


def test_an_agent_is_one_part() -> None:
    assert component_problem("a/b") is not None


@pytest.mark.parametrize(
    ("ref", "branch", "here"),
    [
        ("refs/heads/x", "x", "refs/heads/x"),
        ("refs/heads/work/x", "work/x", "refs/heads/work/x"),
        ("refs/remotes/origin/x", "x", "refs/heads/x"),
        ("refs/remotes/origin/work/x", "work/x", "refs/heads/work/x"),
        ("refs/remotes/x", "x", "refs/heads/x"),
        ("refs/tags/x", "refs/tags/x", "refs/tags/x"),
        ("worktree:x", "worktree:x", "worktree:x"),
    ],
)
def test_a_branch_is_one_wherever_it_is(ref: str, branch: str, here: str) -> None:
    assert branch_of(RefName(ref)) == branch
    assert branch_here(RefName(ref)) == here
