"""What no two agents do to each other and three do: a cycle in the union of their changes."""

from __future__ import annotations

import json
from collections.abc import Callable

from gatekeeper.core.findings import Finding
from gatekeeper.core.names import Severity
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder

ROOT = '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n'


def manifest(name: str, *needs: str) -> str:
    lines = "".join(f'{need} = {{ path = "../{need}" }}\n' for need in needs)
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n{lines}'


def ring(repository: RepositoryBuilder) -> None:
    names = ("ink", "paper", "press")
    files = {f"crates/{name}/Cargo.toml": manifest(name) for name in names}
    sources = {f"crates/{name}/src/lib.rs": "" for name in names}
    repository.commit("main", {"Cargo.toml": ROOT} | files | sources)
    for name, need in zip(names, (*names[1:], names[0]), strict=True):
        repository.branch(f"{name}-needs-{need}")
        repository.commit(f"{name}-needs-{need}", {f"crates/{name}/Cargo.toml": manifest(name, need)})


def cycles(repository: RepositoryBuilder, **request: str | bool) -> list[Finding]:
    report = scan(ScanRequest(str(repository.root), "main", **request))  # type: ignore[arg-type]
    return [finding for finding in report.findings if finding.rule == "dep-cycle-by-combination"]


def test_three_branches_close_a_ring_and_all_are_named(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    ring(repository)
    (finding,) = cycles(repository)
    assert finding.severity is Severity.CRITICAL
    assert [side.agents for side in finding.sides] == [
        ("ink-needs-paper",),
        ("paper-needs-press",),
        ("press-needs-ink",),
    ]
    assert all(name in finding.message for name in finding.agents)
    assert cycles(repository) == [finding]
    assert cycles(repository, focus="press-needs-ink") == [finding]
    told = json.loads(scan_json(scan(ScanRequest(str(repository.root), "main"))))
    assert [len(found["sides"]) for found in told["findings"] if found["rule"] == finding.rule] == [3]


def test_without_one_of_them_there_is_no_ring(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    ring(repository)
    repository.git("branch", "-D", "ink-needs-paper")
    assert cycles(repository) == []


def test_three_branches_close_a_ring_of_tasks(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    names = ("build", "check", "sweep")
    tasks = {name: f'[tasks.{name}]\ncommand = "true"\n' for name in names}
    repository.commit("main", {"Makefile.toml": "\n\n".join(tasks.values())})
    for name, need in zip(names, (*names[1:], names[0]), strict=True):
        repository.branch(name)
        changed = tasks | {name: f'{tasks[name]}dependencies = ["{need}"]\n'}
        repository.commit(name, {"Makefile.toml": "\n\n".join(changed.values())})
    report = scan(ScanRequest(str(repository.root), "main"))
    (finding,) = [finding for finding in report.findings if finding.rule == "mk-dep-cycle"]
    assert finding.agents == {"build", "check", "sweep"}
    assert len(finding.sides) == 3


def test_an_optional_shared_dependency_is_the_fault_of_those_who_have_it(
    new_repository: Callable[[], RepositoryBuilder],
) -> None:
    repository = new_repository()
    shared = '\n[workspace.dependencies]\nink = { path = "crates/ink" }\n'
    inherits = manifest("paper") + "ink.workspace = true\n"
    repository.commit(
        "main",
        {"Cargo.toml": ROOT + shared, "crates/ink/Cargo.toml": manifest("ink"), "crates/paper/Cargo.toml": inherits},
    )
    optional = ROOT + shared.replace(" }", ", optional = true }")
    press = manifest("press") + "ink.workspace = true\n"
    for name, change in (
        ("one", {"Cargo.toml": optional}),
        ("two", {"Cargo.toml": "# Ours.\n" + optional}),
        ("heir", {"crates/press/Cargo.toml": press}),
    ):
        repository.branch(name)
        repository.commit(name, change)
    report = scan(ScanRequest(str(repository.root), "main"))
    (finding,) = [finding for finding in report.findings if finding.rule == "dep-workspace-optional"]
    assert finding.severity is Severity.CRITICAL
    assert [side.agents for side in finding.sides] == [("one", "two")]
