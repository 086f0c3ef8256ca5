from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gatekeeper.core.names import AgentName, RefName
from gatekeeper.errors import BadInputError, UnknownRevisionError, UsageError
from gatekeeper.repository.discovery import Candidate, find_candidates, find_trunk, short_name
from tests.kit import RepositoryBuilder
from tests.shell.scans import agents, opened, scanned, states, two_agents


def names(builder: RepositoryBuilder, *globs: str, exactly: tuple[str, ...] | None = None) -> list[str]:
    repository = opened(builder)
    found = find_candidates(repository, find_trunk(repository, None), globs=globs, names=exactly)
    return [str(candidate.name) for candidate in found]


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    two_agents(repository)
    return repository


def point(builder: RepositoryBuilder, ref: str, at: str) -> None:
    builder.git("update-ref", ref, builder.commit_id(at))


def test_trunk_is_what_origin_head_names(fleet: RepositoryBuilder) -> None:
    point(fleet, "refs/remotes/origin/develop", "two")
    fleet.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop")
    trunk = find_trunk(opened(fleet), None)
    assert (trunk.ref, trunk.commit) == ("refs/remotes/origin/develop", fleet.commit_id("two"))


def test_an_origin_head_that_leads_nowhere_does_not_count(fleet: RepositoryBuilder) -> None:
    fleet.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert find_trunk(opened(fleet), None).ref == "refs/heads/main"


@pytest.mark.parametrize(
    ("kept", "trunk"),
    [
        (("refs/heads/main", "refs/heads/master", "refs/remotes/origin/main"), "refs/heads/main"),
        (("refs/heads/master", "refs/remotes/origin/main", "refs/remotes/origin/master"), "refs/heads/master"),
        (("refs/remotes/origin/main", "refs/remotes/origin/master"), "refs/remotes/origin/main"),
        (("refs/remotes/origin/master",), "refs/remotes/origin/master"),
    ],
)
def test_trunk_is_main_or_master(tmp_path: Path, kept: tuple[str, ...], trunk: str) -> None:
    builder = RepositoryBuilder(tmp_path / "r", trunk="other")
    builder.commit("other", {"a": "1"})
    for ref in kept:
        point(builder, ref, "other")
    assert find_trunk(opened(builder), None).ref == trunk


def test_without_any_of_them_trunk_has_to_be_named(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "r", trunk="other")
    builder.commit("other", {"a": "1"})
    with pytest.raises(BadInputError, match="cannot tell which branch is trunk") as raised:
        find_trunk(opened(builder), None)
    assert raised.value.hint == "name it with --trunk REV"
    assert find_trunk(opened(builder), "other").ref == "refs/heads/other"


def test_an_empty_repository_has_no_trunk(repository: RepositoryBuilder) -> None:
    with pytest.raises(BadInputError, match="no commits yet"):
        find_trunk(opened(repository), None)


@pytest.mark.parametrize(
    ("revision", "ref"),
    [
        ("main", "refs/heads/main"),
        ("heads/main", "refs/heads/main"),
        ("refs/heads/main", "refs/heads/main"),
        ("v1", "refs/tags/v1"),
        ("origin/far", "refs/remotes/origin/far"),
        ("one~1", "one~1"),
    ],
)
def test_a_named_trunk_is_known_by_its_full_name(fleet: RepositoryBuilder, revision: str, ref: str) -> None:
    fleet.git("tag", "-a", "v1", "-m", "annotated", "main")
    point(fleet, "refs/remotes/origin/far", "main")
    assert find_trunk(opened(fleet), revision) == find_trunk(opened(fleet), ref)
    assert find_trunk(opened(fleet), revision).ref == ref
    assert find_trunk(opened(fleet), revision).commit == fleet.commit_id("main")


@pytest.mark.parametrize("revision", ["gone", "--all", "-n1", "main:a.txt", "", "odd \udce9", "main^{tree}"])
def test_a_trunk_that_is_no_commit(fleet: RepositoryBuilder, revision: str) -> None:
    with pytest.raises(UnknownRevisionError):
        find_trunk(opened(fleet), revision)


def test_agents_are_local_and_remote_branches_but_no_tags_and_no_symbolic_references(fleet: RepositoryBuilder) -> None:
    point(fleet, "refs/tags/v1", "one")
    point(fleet, "refs/remotes/origin/far", "one")
    point(fleet, "refs/pull/7/head", "one")
    point(fleet, "refs/stash", "one")
    fleet.git("symbolic-ref", "refs/heads/alias", "refs/heads/one")
    fleet.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert names(fleet) == ["one", "origin/far", "two"]


def test_a_remote_twin_at_the_same_commit_is_the_same_agent(fleet: RepositoryBuilder) -> None:
    point(fleet, "refs/remotes/origin/one", "one")
    point(fleet, "refs/remotes/fork/two", "main")
    assert names(fleet) == ["fork/two", "one", "two"]
    assert list(states(scanned(fleet))) == ["one", "two"], "an older state of a branch is no agent of its own"
    point(fleet, "refs/remotes/origin/one", "main")
    assert names(fleet) == ["fork/two", "one", "origin/one", "two"]


def test_two_references_with_one_short_name_go_by_their_full_names(fleet: RepositoryBuilder) -> None:
    point(fleet, "refs/heads/origin/x", "one")
    point(fleet, "refs/remotes/origin/x", "two")
    assert names(fleet) == ["one", "refs/heads/origin/x", "refs/remotes/origin/x", "two"]


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        (("o*",), ["one"]),
        (("refs/heads/*",), ["one", "two"]),
        (("refs/pull/*/head",), ["pull/7/head"]),
        (("pull/*", "tw?"), ["pull/7/head", "two"]),
        (("main", "[ot]*"), ["one", "two"]),
    ],
)
def test_globs_choose_by_full_or_short_name(fleet: RepositoryBuilder, globs: tuple[str, ...], found: list[str]) -> None:
    point(fleet, "refs/pull/7/head", "one")
    assert names(fleet, *globs) == found


def test_globs_that_match_nothing(fleet: RepositoryBuilder) -> None:
    with pytest.raises(UsageError, match=r"no branch matches x\*, y"):
        names(fleet, "x*", "y")


def test_exact_names(fleet: RepositoryBuilder) -> None:
    point(fleet, "refs/remotes/origin/far", "one")
    point(fleet, "refs/pull/7/head", "one")
    chosen = ("refs/heads/two", "one", "two", "main", "refs/heads/main", "origin/far", "pull/7/head")
    assert names(fleet, exactly=chosen) == ["one", "origin/far", "pull/7/head", "two"]
    assert names(fleet, exactly=()) == []
    with pytest.raises(UnknownRevisionError, match="no branch 'gone'"):
        names(fleet, exactly=("one", "gone"))
    with pytest.raises(UnknownRevisionError, match=r"no branch 'o\*'"):
        names(fleet, exactly=("o*",))


ODD_NAMES = (
    "with space",
    "quote\"'`$(x)",
    "-dash",
    "--all",
    "new\x85line",
    "\u202eturned",
    "{left}",
    "odd\udce9",
    "é/ü",
    "%s",
)


def test_branches_with_odd_names_are_agents_like_others(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.txt": "1\n"})
    tip = repository.commit_id("main")
    packed = [f"{tip} refs/heads/{name}\n" for name in ODD_NAMES]
    (repository.git_dir / "packed-refs").write_bytes(os.fsencode("".join(packed)))
    found = find_candidates(opened(repository), find_trunk(opened(repository), None), globs=(), names=None)
    assert {candidate.name for candidate in found} == set(ODD_NAMES)
    assert {candidate.commit for candidate in found} == {tip}
    assert names(repository, exactly=ODD_NAMES) == sorted(ODD_NAMES)
    assert names(repository, "-*") == ["--all", "-dash"]


def test_odd_names_go_through_a_whole_scan(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"a.txt": "1\n"})
    lines = []
    for number, name in enumerate(ODD_NAMES):
        repository.branch("work")
        lines.append(f"{repository.commit('work', {'a.txt': f'{number}!'})} refs/heads/{name}\n")
    repository.git("branch", "-D", "work")
    (repository.git_dir / "packed-refs").write_bytes(os.fsencode("".join(lines)))
    report = scanned(repository)
    assert states(report) == dict.fromkeys(sorted(ODD_NAMES), "mergeable")
    clashing = {
        frozenset((str(a), str(b))) for f in report.findings for a in f.sides[0].agents for b in f.sides[1].agents
    }
    assert len(clashing) == len(ODD_NAMES) * (len(ODD_NAMES) - 1) // 2


def test_a_reference_to_a_missing_object_is_listed_and_stops_nobody(fleet: RepositoryBuilder) -> None:
    (fleet.git_dir / "refs/heads/lost").write_text("1" * 40 + "\n")
    blob = subprocess.run(
        ["git", "rev-parse", "main:a.txt"], cwd=fleet.root, capture_output=True, text=True, check=True
    ).stdout
    (fleet.git_dir / "refs/heads/file").write_text(blob)
    report = scanned(fleet)
    assert states(report) == {"file": "unreadable", "lost": "unreadable", "one": "mergeable", "two": "mergeable"}
    assert agents(report)["lost"].detail == "its commit is missing or is not a commit"
    assert report.findings


def test_short_names() -> None:
    told = {ref: short_name(ref) for ref in ("refs/heads/a/b", "refs/remotes/o/x", "refs/pull/3/head", "HEAD")}
    assert list(told.values()) == ["a/b", "o/x", "pull/3/head", "HEAD"]
    assert Candidate(AgentName("a"), RefName("refs/heads/a"), None).commit is None
