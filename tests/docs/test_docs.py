from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gatekeeper.cli.group import COMMANDS, group
from gatekeeper.config import load_settings
from gatekeeper.config.document import ConfigDocument
from gatekeeper.config.tables import Table
from scripts.write_docs import RULE_PAGES, RULES, current, left_over, pages, steady
from tests.cli.run import ROOT, gatekeeper
from tests.kit import RepositoryBuilder
from tests.kit.schedulers import crontab, first_on_path, systemctl
from tests.kit.ssh import new_key, public_half

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md"]
PAGES += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "changelog.d").glob("*.md"))
PAGES += sorted(RULE_PAGES.glob("*.md"))
PAGES += sorted((ROOT / "examples").glob("*/README.md"))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_AGENT = "build-config-optimizer"
_AFTER = {"gatekeeper agent remove documentation": "gatekeeper agent start documentation"}


def place(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(language: str) -> Iterator[tuple[str, str]]:
    """Yield every fenced text of a language, with the name of its page."""
    for page in PAGES:
        for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
            if found[1] == language:
                yield place(page), found[2]


def shown_commands() -> list[str]:
    lines = {line.partition("  #")[0].strip(): None for _, text in fenced("sh") for line in text.splitlines()}
    return [line for line in lines if line.startswith("gatekeeper ")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the worktree of an agent of the first look, and lay beside it what the documentation speaks of."""
    root = tmp_path_factory.mktemp("docs") / "look"
    look = [sys.executable, str(ROOT / "examples" / "first_look.py"), "--keep", str(root)]
    subprocess.run(look, capture_output=True, check=True, cwd=root.parent)
    worktree = root / "agents" / _AGENT
    (worktree / "names.txt").write_text("test-optimizer\n\ncode-optimizer\n")
    (worktree / "metrics.json").write_text('{"build": "120s"}\n')
    for name, more in (("base", ""), ("ours", 'chain = "2"\n'), ("theirs", 'tide = "3"\n')):
        (worktree / f"{name}.toml").write_text(f'[dependencies]\nanchor = "1"\n{more}')
    other = RepositoryBuilder(root / "agents" / "somewhere" / "else")
    other.commit("main", {"README.md": "another repository\n"})
    _lay_ground(root / "quarry", worktree)
    return worktree


def _lay_ground(trunk: Path, worktree: Path) -> None:
    """Have a remote, a branch that somebody else has made, values in the memory, and a key that counts."""
    subprocess.run(["git", "init", "-q", "--bare", str(trunk.parent / "origin")], check=True)
    key = new_key(trunk.parent / "lead") if shutil.which("ssh-keygen") else None
    if key is not None:
        (trunk / "allowed_signers").write_text(f'lead@quarry.invalid namespaces="gatekeeper" {public_half(key)}\n')
    for command in (
        *(["config", "gpg.format", "ssh"], ["config", "user.signingKey", str(key)]),
        *(["add", "--all"], ["commit", "-q", "--allow-empty", "-m", "Say whose signature counts"]),
        *(["branch", "night-work"], ["remote", "add", "origin", str(trunk.parent / "origin")]),
    ):
        subprocess.run(["git", *command], cwd=trunk, check=True)
    for words in (
        ["memory", "put", "swarm/build/metrics.json", "metrics.json"],
        ["baseline", "record", "--date", "2026-01-01", "build=130s", "memory=1.4GB"],
        ["baseline", "record", "--date", "2026-01-02", "build=120s", "memory=1.5GB"],
    ):
        assert gatekeeper(*words, cwd=worktree).returncode == 0


@pytest.fixture
def schedulers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is shown away from the crontab and the systemd of this machine."""
    crontab(tmp_path)
    systemctl(tmp_path, running=False)
    first_on_path(monkeypatch, tmp_path)


@pytest.mark.usefixtures("schedulers")
@pytest.mark.parametrize("command", shown_commands())
def test_every_command_that_is_shown_works(command: str, workplace: Path) -> None:
    if (
        command.startswith(("gatekeeper waive ", "gatekeeper escalation resolve "))
        and shutil.which("ssh-keygen") is None
    ):
        pytest.skip("signatures are those of OpenSSH")
    if command in _AFTER:
        # The page shows it first, and another process may have been given it to test.
        gatekeeper(*shlex.split(_AFTER[command])[1:], cwd=workplace)
    done = gatekeeper(*shlex.split(command)[1:], cwd=workplace)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == ""
    assert done.stdout or command == "gatekeeper poll"


@pytest.mark.parametrize(("page", "program"), list(fenced("python")))
def test_every_program_that_is_shown_runs(page: str, program: str, workplace: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=workplace, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"
    assert "dep-path-crate-deleted" in done.stdout or "gatekeeper.scan" not in program
    assert done.stdout


def test_every_configuration_that_is_shown_loads() -> None:
    shown = [text for page, text in fenced("toml") if page == "docs/configuration.md"]
    assert shown
    for text in shown:
        load_settings(text.encode(), where="gatekeeper.toml")


def test_every_setting_is_described() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    models = Table.__subclasses__()
    assert ConfigDocument in models
    names = {name for model in models for name in model.model_fields}
    for name in names:
        assert re.search(rf"\b{name}\b", text), name


@pytest.mark.parametrize("page", pages(), ids=place)
def test_what_comes_from_the_program_is_current(page: Path) -> None:
    if page == ROOT / "README.md" and shutil.which("ssh-keygen") is None:
        pytest.skip("the demo needs signatures, which are those of OpenSSH")
    assert steady(page.read_text(encoding="utf-8")) == steady(current(page)), "run make docs"


def test_no_page_of_a_rule_is_left_over() -> None:
    assert left_over() == [], "run make docs"


def known_options() -> set[str]:
    commands = [group, *(group.commands.get(name) or _command(name) for name in COMMANDS)]
    commands += [inner for one in commands[1:] if isinstance(one, click.Group) for inner in one.commands.values()]
    return {"--help"} | {name for command in commands for option in command.params for name in option.opts}


def _command(name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


@pytest.mark.parametrize("page", [page for page in PAGES if page != RULES and page.parent != RULE_PAGES], ids=place)
def test_every_option_that_is_mentioned_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = _FENCE.sub("", text)
    spans = [code for code in _CODE.findall(prose) if code.startswith(("--", "gatekeeper"))]
    told = [line.partition("  #")[0] for found in _FENCE.finditer(text) for line in found[2].splitlines()]
    spans += [line for line in told if line.startswith("gatekeeper ")]
    mentioned = {option for span in spans for option in _OPTION.findall(span)}
    assert mentioned <= known_options()


def test_every_command_is_mentioned() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"gatekeeper {name}" in text


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_no_page_mentions_a_place_on_somebodys_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(home|root|Users|tmp|private)\b", text)
    assert not re.search(rf"(?<![\w.])/{ROOT.parts[1]}/", text)


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_link_and_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []
    named = [code for code in _CODE.findall(_FENCE.sub("", text)) if re.fullmatch(r"[\w.-]+/[\w./-]+\.(py|sh)", code)]
    roots = (ROOT, ROOT / "gatekeeper", page.parent)
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_every_target_that_is_mentioned_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    mentioned = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
    assert mentioned
    assert mentioned <= targets
