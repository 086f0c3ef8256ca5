"""R-43: an edit outside of the scope that trunk declares for an agent is a finding about that agent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatekeeper.cli.main import run
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import Files, RepositoryBuilder
from tests.shell.scans import scanned

RULE = "edit-outside-scope"
MAKEFILE = '[env]\nA = "1"\n\n[tasks.check]\ncommand = "cargo"\n\n[tasks.test]\ncommand = "cargo"\n'
TRUNK: Files = {
    "Makefile.toml": MAKEFILE,
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "Cargo.lock": "version = 4\n",
    "crates/a/src/lib.rs": "old\n",
    "README.md": "old\n",
}
IN_SCOPE = MAKEFILE.replace('[tasks.check]\ncommand = "cargo"', '[tasks.check]\ncommand = "true"')
OUT_OF_SCOPE = MAKEFILE.replace('A = "1"', 'A = "2"').replace(
    '[tasks.test]\ncommand = "cargo"', '[tasks.test]\ncommand = "true"'
)


def declared(**scopes: list[str]) -> str:
    return "".join(f"[agents.{name}]\nscope = {json.dumps(scope)}\n" for name, scope in scopes.items())


def outside(where: RepositoryBuilder, **options: Any) -> list[tuple[str, str, str]]:
    """Return agent, path and message of each finding of the rule."""
    found = [finding for finding in scanned(where, **options).findings if finding.rule == RULE]
    assert all(len(finding.sides) == 1 and finding.key == () for finding in found)
    return sorted((finding.sides[0].agents[0], str(finding.path), finding.message) for finding in found)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    """Return a repository in which ``one`` may edit the task check and ``two`` crates, and the manifest at the top."""
    scopes = declared(one=["Makefile.toml#tasks.check.**"], two=["crates/**", "Cargo.toml"])
    repository.commit("main", {**TRUNK, "gatekeeper.toml": scopes})
    for name in ("one", "two", "three"):
        repository.branch(name)
    return repository


def test_what_lies_in_the_scope_is_none(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": IN_SCOPE})
    fleet.commit("two", {"crates/a/src/lib.rs": "new\n", "Cargo.lock": "version = 5\n"})
    fleet.commit("three", {"README.md": "who has no scope may edit anything\n"})
    assert outside(fleet) == []


def test_keys_outside_are_named_and_their_owner_is_proposed(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE, "crates/a/src/lib.rs": "new\n"})
    report = scanned(fleet)
    makefile, source = sorted(report.findings, key=lambda finding: finding.path)
    assert makefile.message == "one edits env.A, tasks.test.command of `Makefile.toml` outside of its scope"
    assert makefile.proposal is not None
    assert makefile.proposal.startswith("No agent's scope covers it")
    assert source.message == "one edits `crates/a/src/lib.rs` outside of its scope"
    assert source.proposal == "Ask the owner of that place, two, or widen the scope in gatekeeper.toml."
    assert {finding.severity.label for finding in report.findings} == {"minor"}


def test_the_id_stays_while_the_agent_goes_on(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE})
    (first,) = scanned(fleet).findings
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE + '\n[tasks.more]\ncommand = "ls"\n'})
    (second,) = scanned(fleet).findings
    assert first.id == second.id
    assert first.message != second.message


def test_a_lock_file_follows_from_no_other_scope(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Cargo.lock": "version = 5\n"})
    assert [found[:2] for found in outside(fleet)] == [("one", "Cargo.lock")]


def test_manifests_added_removed_renamed_and_broken(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {"gatekeeper.toml": declared(one=["*.toml#tasks.**"], two=["kept/**"])})
    for name in ("one", "two"):
        fleet.branch(name)
    fleet.commit("one", {"extra.toml": '[tasks.x]\ncommand = "ls"\n', "other.toml": "[env]\nB = 1\n"})
    fleet.commit("two", {"Makefile.toml": None, "kept/Makefile.toml": MAKEFILE, "Cargo.toml": "broken = [\n"})
    found = {(agent, path): message for agent, path, message in outside(fleet)}
    assert found.keys() == {("one", "other.toml"), ("two", "Makefile.toml"), ("two", "Cargo.toml")}
    assert "env.B of `other.toml`" in found["one", "other.toml"]
    assert "two edits `Cargo.toml`" in found["two", "Cargo.toml"]


def test_comments_may_be_edited_by_whoever_may_edit_a_key(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": "# note\n" + MAKEFILE})
    fleet.commit("two", {"Makefile.toml": MAKEFILE + "# note\n"})
    assert [found[:2] for found in outside(fleet)] == [("two", "Makefile.toml")]


def test_what_comes_from_trunk_is_not_the_agents_work(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": IN_SCOPE})
    fleet.commit("main", {"README.md": "new\n"})
    fleet.merge("one", "main")
    fleet.commit("main", {"README.md": "newer\n"})
    assert outside(fleet) == []


def test_what_has_landed_is_no_finding_any_more(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE})
    fleet.squash("one", "main")
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE.replace('[tasks.check]\ncommand = "cargo"', "[tasks.check]")})
    assert outside(fleet) == []


def test_a_change_that_conflicts_with_trunk_counts(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"README.md": "mine\n"})
    fleet.commit("main", {"README.md": "trunk's\n"})
    assert [found[:2] for found in outside(fleet)] == [("one", "README.md")]


def test_work_of_the_agent_below_is_not_the_one_aboves(fleet: RepositoryBuilder) -> None:
    fleet.commit("two", {"crates/a/src/lib.rs": "new\n"})
    fleet.branch("one", "two")
    fleet.commit("one", {"Makefile.toml": IN_SCOPE})
    fleet.commit("two", {"crates/a/src/lib.rs": "newer\n"})
    assert outside(fleet) == []
    fleet.commit("one", {"crates/a/src/lib.rs": "newest\n"})
    assert [found[:2] for found in outside(fleet)] == [("one", "crates/a/src/lib.rs")]


def test_keys_of_the_agent_below_are_not_the_one_aboves(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {"gatekeeper.toml": declared(one=["Makefile.toml#tasks.**"], two=["Makefile.toml#env.**"])})
    fleet.branch("two")
    fleet.commit("two", {"Makefile.toml": MAKEFILE.replace('A = "1"', 'A = "2"\nB = "1"')})
    fleet.branch("one", "two")
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE.replace('A = "2"', 'A = "2"\nB = "2"')})
    assert outside(fleet) == [("one", "Makefile.toml", "one edits env.B of `Makefile.toml` outside of its scope")]


def test_uncommitted_and_staged_work_counts(fleet: RepositoryBuilder) -> None:
    place = fleet.worktree("one")
    fleet.write(place, {"README.md": "mine\n"})
    assert [found[:2] for found in outside(fleet)] == [("one", "README.md")]
    assert outside(fleet, worktrees=False) == []
    fleet.stage(place, "README.md")
    report = scan(ScanRequest(str(place), staged=True, cache=False))
    assert [(finding.rule, finding.path) for finding in report.findings] == [(RULE, "README.md")]


def test_a_branch_that_is_only_on_the_remote_is_the_agents_too(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"README.md": "mine\n"})
    fleet.git("update-ref", "refs/remotes/origin/one", "refs/heads/one")
    fleet.git("update-ref", "-d", "refs/heads/one")
    assert [found[0] for found in outside(fleet)] == ["one"]


def test_check_tells_only_of_its_own_branch(
    fleet: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        fleet.commit(name, {f"{name}.md": "new\n"})
    monkeypatch.chdir(fleet.root)
    assert run(["check", "--branch", "one", "--format", "json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(finding["rule"], finding["path"]) for finding in findings] == [(RULE, "one.md")]
    assert run(["check", "--branch", "one", "--fail-on", "minor"]) == 1


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (f'[policy.severity.rules]\n{RULE} = "major"\n', ("major", None)),
        ('[policy.severity.families]\nagents = "critical"\n', ("critical", None)),
        ('[[policy.severity.places]]\npath = "*.md"\nseverity = "note"\n', ("note", None)),
        (f'[[policy.expected]]\nrule = "{RULE}"\nagents = ["one"]\nreason = "agreed"\n', ("minor", "agreed")),
    ],
)
def test_it_is_overridden_like_every_rule(fleet: RepositoryBuilder, policy: str, told: tuple[str, str | None]) -> None:
    """R-10 too."""
    fleet.commit("main", {"gatekeeper.toml": declared(one=["x"]) + policy})
    fleet.branch("one")
    fleet.commit("one", {"README.md": "mine\n"})
    (finding,) = scanned(fleet).findings
    assert (finding.severity.label, finding.expected_because) == told


def test_the_cache_changes_nothing_when_scopes_change(fleet: RepositoryBuilder) -> None:
    fleet.commit("one", {"Makefile.toml": OUT_OF_SCOPE})
    fleet.commit("two", {"README.md": "new\n"})
    fleet.commit("three", {"README.md": "newer\n"})

    def told(*, cache: bool) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(scan_json(scan(ScanRequest(str(fleet.root), cache=cache))))
        del document["stats"]
        return document

    def assert_same(places: set[tuple[str, str]]) -> None:
        first = told(cache=True)
        assert first == told(cache=True) == told(cache=False)
        found = {(f["sides"][0]["agents"][0], f["path"]) for f in first["findings"] if f["rule"] == RULE}
        assert found == places

    assert_same({("one", "Makefile.toml"), ("two", "README.md")})
    fleet.commit("main", {"gatekeeper.toml": declared(one=["Makefile.toml"], two=["crates/**"], three=["x"])})
    assert_same({("two", "README.md"), ("three", "README.md")})
    fleet.commit("two", {"README.md": "old\n"})
    assert_same({("three", "README.md")})
    fleet.commit("main", {"gatekeeper.toml": None})
    assert_same(set())
