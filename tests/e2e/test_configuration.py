from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

MANIFEST = '[package]\nname = "a"\nversion = "1.0.0"\ndescription = "{}"\n'
AGENTS = ("agent/old", "agent/one", "agent/two", "other")


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    """Return a repository in which four branches set one description to four values."""
    repository.commit("main", {"Cargo.toml": MANIFEST.format("1.0.0")})
    for number, name in enumerate(AGENTS):
        repository.branch(name)
        repository.commit(name, {"Cargo.toml": MANIFEST.format(f"1.{number + 1}.0")})
    return repository


def scanned(root: Path, *options: str, code: int = 0) -> dict[str, Any]:
    done = gatekeeper("scan", "--format", "json", *options, cwd=root)
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def names(document: dict[str, Any]) -> list[str]:
    return [agent["name"] for agent in document["agents"]]


def test_trunk_says_which_branches_are_agents(fleet: RepositoryBuilder) -> None:
    fleet.branch("develop")
    fleet.commit("main", {"gatekeeper.toml": 'trunk = "develop"\n'})
    fleet.commit("develop", {"gatekeeper.toml": '[branches]\ninclude = ["agent/*"]\nexclude = ["*/old"]\n'})
    document = scanned(fleet.root)
    assert document["trunk"] == {"ref": "refs/heads/develop", "commit": fleet.commit_id("develop")}
    assert names(document) == ["agent/one", "agent/two"]
    assert names(scanned(fleet.root, "--branches", "other")) == ["other"]
    assert scanned(fleet.root, "--trunk", "main")["trunk"]["ref"] == "refs/heads/main"


@pytest.mark.parametrize(
    "severity",
    [
        '[policy.severity.rules]\ntoml-same-scalar-both-changed = "critical"\n',
        '[policy.severity.families]\ntoml = "critical"\n',
        '[[policy.severity.places]]\nkey = "package.*"\nseverity = "critical"\n',
    ],
)
def test_trunk_says_how_bad_it_is(fleet: RepositoryBuilder, severity: str) -> None:
    assert {finding["severity"] for finding in scanned(fleet.root)["findings"]} == {"minor"}
    fleet.commit("main", {"gatekeeper.toml": severity})
    assert {finding["severity"] for finding in scanned(fleet.root, code=1)["findings"]} == {"critical"}


def test_trunk_says_from_where_on_it_fails(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {"gatekeeper.toml": 'fail_on = "minor"\n'})
    assert scanned(fleet.root, code=1)["findings"]
    assert scanned(fleet.root, "--fail-on", "major", code=0)["findings"]


def test_what_trunk_expects_is_told_and_decides_nothing(fleet: RepositoryBuilder) -> None:
    """R-10."""
    row = '[[policy.expected]]\nkey = "package.description"\nagents = ["agent/*", "agent/*"]\nreason = "a race"\n'
    fleet.commit("main", {"gatekeeper.toml": 'fail_on = "minor"\n' + row})
    findings = scanned(fleet.root, code=1)["findings"]
    reasons = {tuple(a for s in f["sides"] for a in s["agents"]): f["expected_because"] for f in findings}
    assert all((reason is None) == ("other" in agents) for agents, reason in reasons.items())
    assert {f["expected"] for f in findings} == {True, False}
    only_expected = ("--branches", "agent/*")
    assert {f["expected"] for f in scanned(fleet.root, *only_expected, "--fail-on", "note")["findings"]} == {True}
    text = gatekeeper("scan", *only_expected, cwd=fleet.root).stdout
    assert "No unexpected conflicts. 3 expected" in text
    assert "Expected: a race" in text
    # A second time from the cache.
    assert scanned(fleet.root, code=1)["findings"] == findings


def test_agents_that_are_declared_to_conflict_are_expected_to(fleet: RepositoryBuilder) -> None:
    """R-10."""
    fleet.branch("first", at="agent/one")
    agents = '[agents.first]\nconflicts_with = [{ agent = "other", key = "package.**" }]\n[agents.other]\n'
    fleet.commit("main", {"gatekeeper.toml": f'fail_on = "minor"\n{agents}'})
    both = ("--branches", "first", "--branches", "other")
    document = scanned(fleet.root, *both, code=0)
    assert [finding["expected_because"] for finding in document["findings"]] == [
        "first and other are declared to conflict"
    ]
    # Which branches are agents is not decided by which are declared.
    assert names(scanned(fleet.root, code=1)) == [*AGENTS[:3], "first", "other"]
    assert names(scanned(fleet.root, "--no-cache", code=1)) == [*AGENTS[:3], "first", "other"]


def test_a_mistake_stops_the_scan_with_its_place(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {"gatekeeper.toml": '[agents.a]\ndepends_on = ["b"]\n'})
    for _ in range(2):
        done = gatekeeper("scan", cwd=fleet.root)
        assert (done.returncode, done.stdout) == (2, "")
        assert "gatekeeper.toml on refs/heads/main:2:15: agents.a.depends_on[1]: there is no agent b" in done.stderr


def test_a_change_cannot_weaken_the_check_that_it_is_judged_by(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {"gatekeeper.toml": 'fail_on = "minor"\n'})
    fleet.commit("agent/one", {"gatekeeper.toml": 'fail_on = "critical"\n'})
    assert gatekeeper("check", "--branch", "agent/one", cwd=fleet.root).returncode == 1


def test_trunk_itself_cannot_be_checked(fleet: RepositoryBuilder) -> None:
    done = gatekeeper("check", cwd=fleet.root)
    assert done.returncode == 2
    assert done.stderr.startswith("gatekeeper: main is trunk itself\n")
    assert gatekeeper("check", "--staged", cwd=fleet.root).returncode == 0
