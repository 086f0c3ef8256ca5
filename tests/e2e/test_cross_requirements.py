"""The two-agent examples of R-01 to R-05, on real repositories from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatekeeper.core.findings import AgentState, Finding, Report
from gatekeeper.core.names import Severity
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import File, RepositoryBuilder, Symlink

Contents = dict[str, File]
ONE, OTHER = "build-config-optimizer", "test-optimizer"

MAKEFILE = """[env]
RUST_BACKTRACE = "1"

[tasks.fmt]
command = "cargo"
args = ["fmt"]

[tasks.check]
command = "cargo"
args = ["check", "--workspace"]

[tasks.test]
command = "cargo"
args = ["test"]
"""
ROOT = """[workspace]
resolver = "2"
members = ["crates/app", "crates/core", "crates/utils"]

[workspace.package]
version = "0.1.0"

[workspace.dependencies]
anyhow = "1.0"
clap = "4.0"
log = "0.4"
serde = { version = "1.0", features = ["std"] }
url = "2.0"
"""
FEATURES = """
[features]
minimal = []
headless = []
debug-fast = []
integration = ["minimal"]
"""


def manifest(name: str, rest: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion.workspace = true\nedition = "2021"\n{rest}'


BASE: Contents = {
    "Cargo.toml": ROOT,
    "Makefile.toml": MAKEFILE,
    "crates/app/Cargo.toml": manifest("app", FEATURES),
    "crates/app/src/lib.rs": "//! The application.\n",
    "crates/core/Cargo.toml": manifest("core", FEATURES),
    "crates/core/src/lib.rs": "//! What everything needs.\n",
    "crates/utils/Cargo.toml": manifest("utils"),
    "crates/utils/src/lib.rs": "//! Helpers.\n",
}


def findings(repository: RepositoryBuilder, one: Contents, other: Contents, base: Contents | None = None) -> Report:
    repository.commit("main", BASE | (base or {}))
    for name, files in ((ONE, one), (OTHER, other)):
        repository.branch(name)
        repository.commit(name, files)
    report = scan(ScanRequest(str(repository.root)))
    assert {status.name: status.state for status in report.agents} == dict.fromkeys((ONE, OTHER), AgentState.MERGEABLE)
    return report


def only(report: Report, rule: str) -> Finding:
    """Return the one finding of a rule; it has to name both agents, each on a side of its own."""
    found = [finding for finding in report.findings if finding.rule == rule]
    assert len(found) == 1, [finding.rule for finding in report.findings]
    assert sorted(side.agents for side in found[0].sides) == [(ONE,), (OTHER,)]
    return found[0]


def edited(path: str, old: str, new: str, base: Contents | None = None) -> Contents:
    """Return a file with one place changed."""
    text = (BASE | (base or {}))[path]
    assert isinstance(text, str)
    assert text.count(old) == 1
    return {path: text.replace(old, new)}


CHECK = 'args = ["check", "--workspace"]\n'


def test_r01_two_agents_edit_different_keys_of_one_task(repository: RepositoryBuilder) -> None:
    report = findings(
        repository,
        edited("Makefile.toml", CHECK, CHECK + 'env = { CARGO_TARGET_DIR = "target/check" }\n'),
        edited("Makefile.toml", CHECK, 'args = ["check", "--workspace", "--all-targets"]\n'),
    )
    finding = only(report, "mk-task-different-keys")
    assert (finding.severity, finding.path, finding.key) == (Severity.MINOR, "Makefile.toml", ("tasks", "check"))


def test_r01_two_agents_edit_the_same_key_of_one_task(repository: RepositoryBuilder) -> None:
    report = findings(
        repository,
        edited("Makefile.toml", CHECK, 'args = ["check", "--workspace", "--profile", "fast"]\n'),
        edited("Makefile.toml", CHECK, 'args = ["check", "--workspace", "--all-targets"]\n'),
    )
    finding = only(report, "mk-args-both-edited")
    assert finding.severity is Severity.MINOR
    assert finding.key == ("tasks", "check", "args")
    assert finding.git is GitVerdict.CONFLICT


def test_r01_two_agents_edit_the_same_env(repository: RepositoryBuilder) -> None:
    report = findings(
        repository,
        edited("Makefile.toml", 'RUST_BACKTRACE = "1"', 'RUST_BACKTRACE = "full"'),
        edited("Makefile.toml", 'RUST_BACKTRACE = "1"', 'RUST_BACKTRACE = "0"'),
    )
    finding = only(report, "mk-env-same-key")
    assert (finding.severity, finding.key) == (Severity.MINOR, ("env", "RUST_BACKTRACE"))


def test_r02_two_definitions_of_a_feature_are_major_and_their_union_is_proposed(repository: RepositoryBuilder) -> None:
    path, old = "crates/app/Cargo.toml", 'integration = ["minimal"]'
    report = findings(
        repository,
        edited(path, old, 'integration = ["minimal", "headless"]'),
        edited(path, old, 'integration = ["minimal", "debug-fast"]'),
    )
    finding = only(report, "feature-array-both-edited")
    assert (finding.severity, finding.key) == (Severity.MAJOR, ("features", "integration"))
    assert_proposes(finding, "minimal", "headless", "debug-fast")


def test_r02_two_new_features_of_one_name_are_major(repository: RepositoryBuilder) -> None:
    path = "crates/app/Cargo.toml"
    report = findings(
        repository,
        edited(path, "minimal = []\n", 'minimal = []\nfull = ["minimal", "debug-fast"]\n'),
        edited(path, '["minimal"]\n', '["minimal"]\nfull = ["minimal", "headless"]\n'),
    )
    finding = only(report, "feature-definition-conflict")
    assert finding.severity is Severity.MAJOR
    assert finding.git is GitVerdict.CLEAN
    assert_proposes(finding, "minimal", "headless", "debug-fast")


@pytest.mark.parametrize(
    ("before", "added", "severity"),
    [
        ('core = { path = "../core", features = ["minimal"] }', ("debug-fast", "headless"), Severity.MAJOR),
        ('serde = { version = "1.0", features = ["std"] }', ("derive", "rc"), Severity.MINOR),
    ],
)
def test_r02_the_features_asked_of_a_member_are_major_those_of_a_third_party_minor(
    repository: RepositoryBuilder, before: str, added: tuple[str, str], severity: Severity
) -> None:
    path = "crates/app/Cargo.toml"
    base: Contents = {path: manifest("app", f"\n[dependencies]\n{before}\n")}
    one, other = (edited(path, '"] }', f'", "{feature}"] }}', base) for feature in added)
    finding = only(findings(repository, one, other, base), "dep-features-both-edited")
    assert finding.severity is severity
    assert_proposes(finding, *added)


def assert_proposes(finding: Finding, *features: str) -> None:
    assert finding.proposal is not None
    assert all(f'"{feature}"' in finding.proposal for feature in features), finding.proposal


USES_UTILS: Contents = {
    "crates/app/Cargo.toml": manifest("app", '\n[dependencies]\nutils = { path = "../utils" }\n' + FEATURES)
}


def test_r03_a_member_is_deleted_while_another_agent_begins_to_use_it(repository: RepositoryBuilder) -> None:
    gone: Contents = edited("Cargo.toml", ', "crates/utils"', "") | {"crates/utils": None}
    finding = only(findings(repository, gone, USES_UTILS), "dep-path-crate-deleted")
    assert finding.severity is Severity.CRITICAL
    assert finding.git is GitVerdict.CLEAN


def test_r03_a_member_is_excluded_while_another_agent_begins_to_use_it(repository: RepositoryBuilder) -> None:
    excluded = edited("Cargo.toml", ', "crates/utils"]', ']\nexclude = ["crates/utils"]')
    finding = only(findings(repository, excluded, USES_UTILS), "ws-member-excluded-inherits")
    assert finding.severity is Severity.CRITICAL


def test_r03_a_member_is_renamed_while_another_agent_begins_to_use_it(repository: RepositoryBuilder) -> None:
    renamed: Contents = edited("Cargo.toml", "crates/utils", "crates/helpers") | {"crates/utils": None}
    renamed |= {f"crates/helpers/{name}": BASE[f"crates/utils/{name}"] for name in ("Cargo.toml", "src/lib.rs")}
    report = findings(repository, renamed, USES_UTILS)
    assert any(finding.agents == {ONE, OTHER} for finding in report.at_least(Severity.MAJOR))


def test_r03_a_shared_dependency_is_removed_while_another_agent_begins_to_inherit_it(
    repository: RepositoryBuilder,
) -> None:
    inherits: Contents = {
        "crates/app/Cargo.toml": manifest("app", "\n[dependencies]\nurl.workspace = true\n" + FEATURES)
    }
    removed = edited("Cargo.toml", 'url = "2.0"\n', "")
    finding = only(findings(repository, removed, inherits), "dep-workspace-key-removed")
    assert finding.severity is Severity.CRITICAL
    assert {side.path for side in finding.sides} == {"Cargo.toml", "crates/app/Cargo.toml"}


def target_directory(source: str, directory: str) -> Contents:
    """Return the file that sets an agent's target directory."""
    match source:
        case "cargo":
            return {".cargo/config.toml": f'[build]\ntarget-dir = "{directory}"\n'}
        case "claude":
            return {".claude/settings.json": json.dumps({"env": {"CARGO_TARGET_DIR": directory}})}
        case "makefile":
            return edited("Makefile.toml", "[env]\n", f'[env]\nCARGO_TARGET_DIR = "{directory}"\n')
        case "task":
            return edited("Makefile.toml", CHECK, CHECK + f'env = {{ CARGO_TARGET_DIR = "{directory}" }}\n')
        case _:
            return {"target": Symlink(directory)}


SOURCES = ("cargo", "claude", "makefile", "task", "symlink")
TARGET_RULE = "target-dir-shared-by-two-agents"


def two_worktrees(repository: RepositoryBuilder, one: Contents, other: Contents) -> Report:
    """Let both agents work uncommitted, each in a worktree of its own."""
    repository.commit("main", BASE)
    for name, files in ((ONE, one), (OTHER, other)):
        repository.branch(name)
        repository.write(repository.worktree(name), files)
    return scan(ScanRequest(str(repository.root)))


@pytest.mark.parametrize(("one", "other"), [(SOURCES[index], SOURCES[index - 1]) for index in range(len(SOURCES))])
def test_r04_one_target_directory_for_two_agents(
    repository: RepositoryBuilder, tmp_path: Path, one: str, other: str
) -> None:
    shared = str(tmp_path / "shared-target")
    report = two_worktrees(repository, target_directory(one, shared), target_directory(other, shared))
    assert only(report, TARGET_RULE).severity is Severity.CRITICAL


@pytest.mark.parametrize("directory", ["target/own", "/tmp/target-${RANDOM}"])  # noqa: S108 - nothing is written there
def test_r04_target_directories_that_differ_by_worktree_or_by_run(
    repository: RepositoryBuilder, directory: str
) -> None:
    files = target_directory("makefile", directory)
    assert TARGET_RULE not in {finding.rule for finding in two_worktrees(repository, files, files).findings}


@pytest.mark.parametrize(
    ("version", "rule", "severity"),
    [("1.4", "toml-dup-key-same-value", Severity.MINOR), ("1.5", "toml-dup-key-different-value", Severity.MAJOR)],
)
def test_r05_one_dependency_added_at_two_places(
    repository: RepositoryBuilder, version: str, rule: str, severity: Severity
) -> None:
    report = findings(
        repository,
        edited("Cargo.toml", "[workspace.dependencies]\n", '[workspace.dependencies]\nproptest = "1.4"\n'),
        edited("Cargo.toml", 'url = "2.0"\n', f'url = "2.0"\nproptest = "{version}"\n'),
    )
    finding = only(report, rule)
    assert (finding.severity, finding.git) == (severity, GitVerdict.CLEAN)
    assert finding.key == ("workspace", "dependencies", "proptest")


def test_r05_a_feature_names_a_crate_that_the_workspace_comments_out(repository: RepositoryBuilder) -> None:
    path = "crates/app/Cargo.toml"
    uses = '\n[dependencies]\ncore = { path = "../core" }\nutils = { path = "../utils", optional = true }\n'
    base: Contents = {path: manifest("app", f"{uses}{FEATURES}")}
    out = edited(path, "utils = {", "# utils = {", base) | edited("Cargo.toml", ', "crates/utils"', "")
    names = edited(path, '["minimal"]\n', '["minimal"]\notel = ["core/headless", "utils/otel"]\n', base)
    finding = only(findings(repository, out, names, base), "feature-slash-missing-dep")
    assert (finding.severity, finding.git) == (Severity.CRITICAL, GitVerdict.CLEAN)


def test_r05_a_cycle_of_tasks_that_only_the_combination_forms(repository: RepositoryBuilder) -> None:
    report = findings(
        repository,
        edited("Makefile.toml", 'args = ["fmt"]\n', 'args = ["fmt"]\ndependencies = ["test"]\n'),
        edited("Makefile.toml", 'args = ["test"]\n', 'args = ["test"]\ndependencies = ["fmt"]\n'),
    )
    finding = only(report, "mk-dep-cycle")
    assert (finding.severity, finding.git) == (Severity.CRITICAL, GitVerdict.CLEAN)
