from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatekeeper.core.expansion import BY_BRANCH, BY_CHECKOUT, BY_RUN, Scope, expand
from gatekeeper.core.findings import Remark
from gatekeeper.core.names import TreePath
from gatekeeper.core.rules.environment import standing_target_dirs, target_dir_hits, target_dir_remarks
from gatekeeper.core.target_dir_files import tree_sources
from gatekeeper.core.target_dirs import INSIDE, LEADS_OUT, AgentTargetDirs, TargetDir, shared_target_dirs, target_dirs
from gatekeeper.environment import MAX_BYTES, worktree_target_dirs
from tests.core.small_fleet import CASES, read_tree

D = "/scratch/shop/target"


def of_tree(agent: int, files: dict[str, str]) -> AgentTargetDirs:
    return target_dirs(tree_sources(agent, {TreePath(path): text.encode() for path, text in files.items()}))


def only(found: AgentTargetDirs) -> TargetDir:
    (directory,) = found.directories
    return directory


def write(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


CONFIG = f'[build]\ntarget-dir = "{D}"\n'
MAKEFILE = f'[env]\nCARGO_TARGET_DIR = "{D}"\n'


@pytest.mark.parametrize(
    "files",
    [
        {"Makefile.toml": MAKEFILE},
        {"Makefile.toml": f'[tasks.test.env]\nCARGO_TARGET_DIR = "{D}/"\n'},
        {"Makefile.toml": f'[tasks.test.linux.env]\nCARGO_TARGET_DIR = "{D}"\n'},
        {"Makefile.toml": f'[env.ci]\nCARGO_TARGET_DIR = {{ value = "{D}", condition = {{ env_set = ["CI"] }} }}\n'},
        {"Makefile.toml": '[env]\nPLACE = "/scratch"\nCARGO_TARGET_DIR = "${PLACE}/shop/./target"\n'},
        {".cargo/config.toml": CONFIG},
        {".cargo/config": CONFIG},
        {".cargo/config.toml": f'[build]\nbuild-dir = "{D}"\n'},
        {".claude/settings.json": json.dumps({"env": {"CARGO_TARGET_DIR": D}})},
        {".env": f"CARGO_TARGET_DIR={D}\n"},
        {".envrc": f'use nix\n  export CARGO_TARGET_DIR="{D}" # fast disk\n'},
        {".envrc": "export BASE=/scratch\nexport CARGO_BUILD_TARGET_DIR=$BASE/shop/target\n"},
        {".env": f"CARGO_BUILD_BUILD_DIR='{D}'\n"},
    ],
    ids=str,
)
def test_every_source_is_resolved(files: dict[str, str]) -> None:
    assert only(of_tree(0, files)).directory == D


def test_a_variable_wins_over_the_configuration() -> None:
    found = of_tree(0, {".cargo/config.toml": CONFIG, ".env": "CARGO_TARGET_DIR=/elsewhere\n"})
    assert only(found).directory == "/elsewhere"


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("/scratch/t-${RANDOM}", BY_RUN),
        ("$(mktemp -d)/target", BY_RUN),
        ("/scratch/`date +%s`", BY_RUN),
        ("/scratch/$$", BY_RUN),
        ("${CARGO_MAKE_WORKING_DIRECTORY}/target", BY_CHECKOUT),
        ("$PWD/target", BY_CHECKOUT),
        ("$(pwd)/target", BY_CHECKOUT),
        ("/scratch/${CARGO_MAKE_GIT_BRANCH}", BY_BRANCH),
        ("/scratch/${AGENT}", "depends on ${AGENT}, which no file here sets"),
        ("/scratch/$(whoami)", "depends on what `whoami` prints"),
        ("target/../fast", INSIDE),
        ("target/../../fast", LEADS_OUT),
    ],
)
def test_what_no_other_agent_can_have_says_why(value: str, note: str) -> None:
    found = only(of_tree(0, {"Makefile.toml": f"[env]\nCARGO_TARGET_DIR = '{value}'\n"}))
    assert (found.directory, found.note) == (None, note)


def test_places_inside_the_workspace_root_differ_by_checkout() -> None:
    found = only(of_tree(0, {".cargo/config.toml": '[build]\nbuild-dir = "{workspace-root}/build"\n'}))
    assert (found.directory, found.note) == (None, BY_CHECKOUT)


def test_variables_that_cargo_only_hands_on_are_none_of_its_own() -> None:
    table = f'[env]\nCARGO_TARGET_DIR = {{ value = "{D}", force = true }}\nCARGO_BUILD_BUILD_DIR = "{D}"\n'
    assert of_tree(0, {".cargo/config.toml": table}).directories == ()


def test_a_link_in_a_tree_counts_where_nothing_else_is_said() -> None:
    link = target_dirs(tree_sources(0, {}, D))
    assert (only(link).directory, only(link).path, only(link).key) == (D, "target", ())
    stronger = {TreePath(".env"): b"CARGO_TARGET_DIR=/elsewhere\n"}
    assert only(target_dirs(tree_sources(0, stronger, D))).directory == "/elsewhere"
    assert only(target_dirs(tree_sources(0, {}, "../fast"))).directory is None


def test_why_a_setting_clashes_with_nobody_is_said_once() -> None:
    random = "[env]\nCARGO_TARGET_DIR = '/scratch/${RANDOM}'\n"
    named = "[env]\nCARGO_TARGET_DIR = '/scratch/${AGENT}'\n"
    script = "[tasks.a.env]\nCARGO_TARGET_DIR = { script = ['x'] }\n"
    usual = "[env]\nCARGO_TARGET_DIR = 'target/fast'\n"
    agents = [of_tree(n, {"Makefile.toml": text}) for n, text in enumerate((random, random, named, script, usual))]
    agents.append(target_dirs(tree_sources(5, {}, "../fast")))
    assert target_dir_remarks(agents) == [
        Remark(
            TreePath("Makefile.toml"),
            ("env", "CARGO_TARGET_DIR"),
            "`/scratch/${AGENT}` depends on ${AGENT}, which no file here sets: not compared with other agents.",
        ),
        Remark(
            TreePath("Makefile.toml"),
            ("env", "CARGO_TARGET_DIR"),
            "`/scratch/${RANDOM}` differs from run to run: unique by construction.",
        ),
        Remark(
            TreePath("Makefile.toml"),
            ("tasks", "a", "env", "CARGO_TARGET_DIR"),
            "computed when it is run: not compared with other agents.",
        ),
    ]


def test_a_value_that_a_script_computes_cannot_be_known() -> None:
    found = only(of_tree(0, {"Makefile.toml": '[env]\nCARGO_TARGET_DIR = { script = ["echo /scratch/x"] }\n'}))
    assert (found.directory, found.note) == (None, "computed when it is run")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${HOME}/t", "${HOME}/t"),
        ("~/t", "${HOME}/t"),
        ("${NO_SUCH:-/fast}/t", "/fast/t"),
        ("${A}", "/b/c"),
        ("$PWD/../t", "/work/a/../t"),
    ],
)
def test_expansion(value: str, expected: str) -> None:
    found = expand(value, Scope("/work/a", ({"A": "${B}/c", "B": "/b"},)))
    assert (found.text, found.note) == (expected, None)


def test_variables_that_lead_to_themselves_end() -> None:
    assert expand("${A}", Scope(None, ({"A": "${B}", "B": "${A}"},))).note == "depends on ${A}, which no file here sets"


@pytest.mark.parametrize(
    "files",
    [
        {".claude/settings.json": "[]"},
        {".claude/settings.json": '{"env": {"CARGO_TARGET_DIR": 3}}'},
        {".claude/settings.json": "[" * 100_000},
        {".cargo/config.toml": "build = 3\nenv = []\n"},
        {".cargo/config.toml": "= nonsense"},
        {"Makefile.toml": "env = 3\ntasks = { a = 'x', b = { env = [], linux = 1 } }\n"},
        {".env": "\x00=\nCARGO_TARGET_DIR\n"},
        {},
    ],
    ids=lambda files: str(files)[:60],
)
def test_nonsense_sets_nothing(files: dict[str, str]) -> None:
    assert of_tree(0, files).directories == ()


def test_the_golden_case() -> None:
    case = CASES / "target-dir-shared-by-two-agents"
    agents = [of_tree(number, read_tree(case / side)) for number, side in enumerate(("left", "right"))]
    trunk = of_tree(-1, read_tree(case / "base"))
    (hit,) = target_dir_hits(shared_target_dirs(agents, trunk))
    (expected,) = json.loads((case / "expected.json").read_text())["findings"]
    assert (hit.hit.rule, hit.hit.left.path, list(hit.hit.key)) == (expected["rule"], expected["path"], expected["key"])
    assert (hit.left, hit.right) == (2, 1)


def test_every_pair_is_reported_once() -> None:
    agents = [of_tree(n, {".cargo/config.toml": CONFIG}) for n in range(4)]
    agents += [of_tree(n, {"Makefile.toml": MAKEFILE}) for n in range(4, 6)]
    pairs = [
        tuple(sorted((a, b)))
        for hit in target_dir_hits(shared_target_dirs(agents))
        for a in range(6)
        for b in range(6)
        if hit.left >> a & 1 and hit.right >> b & 1
    ]
    assert len(pairs) == len(set(pairs)) == 15


def test_what_trunk_shares_already_is_said_once() -> None:
    agents = [of_tree(n, {".cargo/config.toml": CONFIG}) for n in range(3)]
    shared = shared_target_dirs(agents, of_tree(-1, {".cargo/config.toml": CONFIG}))
    assert list(target_dir_hits(shared)) == []
    (fault,) = standing_target_dirs(shared)
    assert fault.path == ".cargo/config.toml"
    assert "3 agents" in fault.message


def test_relative_directories_are_each_worktrees_own(tmp_path: Path) -> None:
    files = {".cargo/config.toml": '[build]\ntarget-dir = "out"\n'}
    agents = [worktree_target_dirs(n, write(tmp_path / name, files)) for n, name in enumerate("ab")]
    assert only(agents[0]).directory == str(tmp_path / "a" / "out")
    assert shared_target_dirs(agents) == ()


def test_relative_directories_can_lead_out_of_the_worktree(tmp_path: Path) -> None:
    files = {"Makefile.toml": '[env]\nCARGO_TARGET_DIR = "${CARGO_MAKE_WORKING_DIRECTORY}/../out"\n'}
    agents = [worktree_target_dirs(n, write(tmp_path / name, files)) for n, name in enumerate("ab")]
    (shared,) = shared_target_dirs(agents)
    assert shared.directory == str(tmp_path / "out")


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "fast").symlink_to("disk")
    for name in "ab":
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "target").symlink_to("../fast")
    write(tmp_path / "b", {".env": f"CARGO_TARGET_DIR={tmp_path}/disk\n"})
    agents = [worktree_target_dirs(n, tmp_path / name) for n, name in enumerate("ab")]
    (shared,) = shared_target_dirs(agents)
    assert shared.directory == str(tmp_path / "disk")


def test_a_link_that_leads_to_itself_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "target").symlink_to("target")
    assert len(worktree_target_dirs(0, tmp_path).directories) == 1


def test_configuration_above_the_worktrees_counts(tmp_path: Path) -> None:
    write(tmp_path, {".cargo/config.toml": '[build]\ntarget-dir = "out"\n'})
    agents = [worktree_target_dirs(n, write(tmp_path / name, {"x": ""})) for n, name in enumerate("ab")]
    (shared,) = shared_target_dirs(agents)
    assert shared.directory == str(tmp_path / "out")
    nearer = write(tmp_path / "c", {".cargo/config.toml": '[build]\ntarget-dir = "mine"\n'})
    assert only(worktree_target_dirs(2, nearer)).directory == str(tmp_path / "c" / "mine")


def test_files_that_the_makefile_extends_are_read(tmp_path: Path) -> None:
    write(tmp_path, {"Makefile.toml": 'extend = "a.toml"\n', "a.toml": 'extend = "Makefile.toml"\n' + MAKEFILE})
    assert only(worktree_target_dirs(0, tmp_path)).path == "a.toml"


def test_what_cannot_be_read_sets_nothing(tmp_path: Path) -> None:
    write(tmp_path, {".env": f"CARGO_TARGET_DIR={D}\n" + "#" * MAX_BYTES})
    (tmp_path / "Makefile.toml").mkdir()
    assert worktree_target_dirs(0, tmp_path).directories == ()
