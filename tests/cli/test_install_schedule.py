"""``install schedule``, with a crontab and a systemctl that keep what they get: the machine's own are never touched."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UsageError
from gatekeeper.scheduling import cron, systemd
from gatekeeper.scheduling.job import minutes
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.kit.schedulers import Scheduler, crontab, first_on_path, systemctl

OTHERS = b'MAILTO=""\n# mine\n5 4 * * * true # gatekeeper\n\n0 0 * * * echo \xff\\%'


@pytest.fixture(autouse=True)
def no_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    """Put a systemctl on PATH that reaches nothing."""
    first_on_path(monkeypatch, tmp_path / "machine")
    return systemctl(tmp_path / "machine", running=False)


@pytest.fixture
def table(tmp_path: Path) -> Scheduler:
    return crontab(tmp_path / "machine")


@pytest.fixture
def manager(no_systemd: Scheduler) -> Scheduler:
    (no_systemd.room / "running").touch()
    return no_systemd


@pytest.fixture
def units(fresh_home: Path) -> Path:
    return fresh_home / ".config" / "systemd" / "user"


def install(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return gatekeeper("install", "schedule", "-C", str(where), *options, cwd=where)


def own(table: Scheduler) -> list[str]:
    lines = os.fsdecode(table.table or b"").split("\n")
    return [line for line in lines if " # gatekeeper " in line]


#
def test_a_line_is_shown_and_written_once_and_taken_back(repository: RepositoryBuilder, table: Scheduler) -> None:
    table.table = OTHERS + b"\n"
    shown = install(repository.root, "--dry-run")
    assert (shown.returncode, shown.stderr, table.table) == (0, "", OTHERS + b"\n")
    assert shown.stdout.startswith("crontab\n\n    */30 * * * * ")
    assert shown.stdout.endswith("\n\nwould be written\n")
    first = install(repository.root)
    assert (first.returncode, first.stdout) == (0, shown.stdout.replace("would be ", ""))
    (line,) = own(table)
    assert line in first.stdout
    assert table.table == OTHERS + f"\n{line}\n".encode()
    assert table.calls() == ["write"]
    again = install(repository.root)
    assert again.stdout.endswith("already set up\n")
    assert table.calls() == []
    assert install(repository.root, "--every", "2h").returncode == 0
    assert own(table)[0].startswith("0 */2 * * * ")
    assert len(own(table)) == 1
    gone = install(repository.root, "--uninstall")
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "removed")
    assert table.table == OTHERS + b"\n"
    assert "no schedule of this repository" in install(repository.root, "--uninstall").stdout


def test_the_line_polls_the_repository_with_this_program(repository: RepositoryBuilder, table: Scheduler) -> None:
    install(repository.root)
    command = shlex.split(own(table)[0].split(maxsplit=5)[5], comments=True)
    assert Path(command[0]).name == "env"
    assert f"HOME={Path.home()}" in command
    assert any(word.startswith("PATH=/") for word in command)
    assert command[-7:] == [sys.executable, "-P", "-m", "gatekeeper", "poll", "-C", str(repository.root)]
    # A module of the repository's, and PYTHONPATH of cron's own environment, have no part in it.
    (repository.root / "gatekeeper.py").write_text("raise SystemExit(99)\n")
    asked = subprocess.run(
        [*command[:-3], "--version"], cwd=repository.root, capture_output=True, text=True, check=False
    )
    assert asked.stdout.startswith("gatekeeper "), asked.stderr


def test_a_table_without_an_end_of_line_and_none_at_all(repository: RepositoryBuilder, table: Scheduler) -> None:
    table.table = b"# mine"
    assert install(repository.root).returncode == 0
    assert str(table.table).startswith("b'# mine\\n*/30 ")
    (table.room / "table").unlink()
    assert install(repository.root).returncode == 0
    assert install(repository.root, "--uninstall").returncode == 0
    assert table.table is None


def test_a_line_that_was_doubled_or_switched_off_becomes_one(repository: RepositoryBuilder, table: Scheduler) -> None:
    install(repository.root)
    (line,) = own(table)
    table.table = f"#{line}\n# between\n{line}\n".encode()
    install(repository.root)
    assert table.table == f"{line}\n# between\n".encode()


#
@pytest.mark.parametrize("said", ["must be privileged to use -u", "Permission denied", "can't open the spool", ""])
def test_a_table_that_cannot_be_read_is_not_written(repository: RepositoryBuilder, table: Scheduler, said: str) -> None:
    table.table = OTHERS
    table.breaks(said)
    for options in ([], ["--uninstall"], ["--dry-run"]):
        failed = install(repository.root, *options)
        assert failed.returncode == 2
        assert f"cannot read the crontab: crontab: {said}".strip() in failed.stderr
    assert table.table == OTHERS
    assert table.calls() == []


def test_a_table_that_cannot_be_written_stays(repository: RepositoryBuilder, table: Scheduler) -> None:
    table.table = OTHERS + b"\n"
    program = table.room.parent / "bin" / "crontab"
    program.write_text(program.read_text().replace("-) echo", "-) echo 'bad minute' >&2; exit 1; echo"))
    failed = install(repository.root)
    assert failed.returncode == 2
    assert "cannot write the crontab: bad minute" in failed.stderr
    assert table.table == OTHERS + b"\n"


def test_worktrees_share_a_line_and_repositories_do_not(
    repository: RepositoryBuilder, table: Scheduler, tmp_path: Path
) -> None:
    repository.commit("main", {"a": "1"})
    repository.branch("one")
    install(repository.worktree("one"))
    (first,) = own(table)
    assert f"-C {repository.root} " in first
    install(repository.root)
    assert own(table) == [first]
    bare = RepositoryBuilder(tmp_path / "bare.git", bare=True)
    install(bare.root)
    assert len(own(table)) == 2
    assert f"-C {bare.root} " in own(table)[1]
    install(bare.root, "--uninstall")
    assert own(table) == [first]


def test_a_timer_is_written_and_started_once_and_taken_back(
    repository: RepositoryBuilder, manager: Scheduler, units: Path
) -> None:
    assert install(repository.root, "--dry-run").stdout.endswith("would be written\n")
    assert not units.exists()
    manager.calls()
    assert install(repository.root, "--every", "45m").stdout.endswith("\nwritten\n")
    service, timer = sorted(units.iterdir())
    assert (service.suffix, timer.suffix) == (".service", ".timer")
    assert "OnUnitActiveSec=45min\n" in timer.read_text()
    assert f" poll -C {repository.root}\n" in service.read_text()
    assert [call for call in manager.calls() if not call.startswith(("is-", "show-"))] == [
        "daemon-reload",
        f"enable --now {timer.name}",
        f"restart {timer.name}",
    ]
    assert install(repository.root, "--every", "45m").stdout.endswith("already set up\n")
    assert all(call.startswith(("is-", "show-")) for call in manager.calls())
    (manager.room / f"{timer.name}.on").unlink()
    assert install(repository.root, "--every", "45m").stdout.endswith("\nwritten\n")
    assert f"enable --now {timer.name}" in manager.calls()
    (units / "mine.timer").write_text("[Timer]\n")
    assert install(repository.root, "--uninstall").stdout.endswith("\nremoved\n")
    assert f"disable --now {timer.name}" in manager.calls()
    assert [unit.name for unit in units.iterdir()] == ["mine.timer"]
    assert "no schedule" in install(repository.root, "--uninstall").stdout


def test_where_systemd_does_not_answer_it_is_told_how(repository: RepositoryBuilder, units: Path) -> None:
    done = install(repository.root, "--kind", "systemd")
    assert done.returncode == 0
    assert "systemctl --user daemon-reload && systemctl --user enable --now gatekeeper-" in done.stderr
    assert len(list(units.iterdir())) == 2
    assert install(repository.root, "--kind", "systemd").stdout.endswith("already set up\n")
    wanted = units / "timers.target.wants"
    wanted.mkdir()
    timer = next(units.glob("*.timer"))
    (wanted / timer.name).symlink_to(timer)
    assert install(repository.root, "--uninstall").returncode == 0
    assert list(wanted.iterdir()) == []
    assert list(units.glob("gatekeeper-*")) == []


def test_a_unit_of_somebody_else_stays(repository: RepositoryBuilder, manager: Scheduler, units: Path) -> None:
    install(repository.root)
    timer = next(units.glob("*.timer"))
    timer.write_text("[Timer]\n")
    manager.calls()
    for options in ([], ["--uninstall"]):
        failed = install(repository.root, *options)
        assert failed.returncode == 2
        assert "was not written by gatekeeper" in failed.stderr
    assert timer.read_text() == "[Timer]\n"


def test_a_systemctl_that_fails_is_told(repository: RepositoryBuilder, manager: Scheduler) -> None:
    program = manager.room.parent / "bin" / "systemctl"
    program.write_text(program.read_text().replace("enable)", "enable) echo 'no such thing' >&2; exit 5;"))
    failed = install(repository.root)
    assert failed.returncode == 2
    assert "enable --now" in failed.stderr
    assert "failed: no such thing" in failed.stderr


def test_with_both_it_is_told(repository: RepositoryBuilder, manager: Scheduler, table: Scheduler) -> None:
    assert "--kind cron" not in install(repository.root).stderr
    done = install(repository.root, "--kind", "cron")
    assert "systemd polls this repository, too: --uninstall --kind systemd ends that" in done.stderr
    assert "cron polls this repository, too" in install(repository.root).stderr
    assert manager.calls()
    assert install(repository.root, "--uninstall").stdout.endswith("removed\n")
    assert own(table) == []
    assert "no schedule" in install(repository.root, "--uninstall").stdout


def test_a_machine_with_neither(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    git = shutil.which("git")
    assert git is not None
    (tools / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tools))
    failed = install(repository.root)
    assert failed.returncode == 2
    assert "neither a systemd of this user nor a crontab" in failed.stderr
    assert " poll -C REPOSITORY" in failed.stderr
    assert "cannot start crontab" in install(repository.root, "--kind", "cron").stderr
    assert install(repository.root, "--uninstall").returncode == 0


def test_what_was_done_as_json(repository: RepositoryBuilder, table: Scheduler) -> None:
    done = json.loads(install(repository.root, "--format", "json", "--dry-run").stdout)
    assert (done["schema"], done["changed"], done["dry_run"]) == ("gatekeeper.schedule/1", True, True)
    assert table.table is None
    done = json.loads(install(repository.root, "--format", "json").stdout)
    assert (done["changed"], done["dry_run"], done["notes"]) == (True, False, [])
    assert done["parts"] == [{"kind": "cron", "place": "crontab", "text": own(table)[0]}]
    assert json.loads(install(repository.root, "--format", "json", "--uninstall").stdout)["changed"] is True


@pytest.mark.parametrize(
    "every", ["", "0m", "30", "30s", "-5m", "1.5h", "2d", "m", "1m1h", "90s", "9" * 5000 + "m", "9999h", "٣m"]
)
def test_a_time_that_is_none(repository: RepositoryBuilder, every: str, table: Scheduler) -> None:
    failed = install(repository.root, "--every", every)
    assert (failed.returncode, table.table) == (2, None)
    assert "is no time between two polls" in failed.stderr


@pytest.mark.parametrize(
    ("every", "times"),
    [("1m", "* * * * *"), ("20m", "*/20 * * * *"), ("60m", "0 * * * *"), ("1h", "0 * * * *"), ("6h", "0 */6 * * *")],
)
def test_times_that_cron_has(repository: RepositoryBuilder, every: str, times: str, table: Scheduler) -> None:
    install(repository.root, "--every", every)
    assert own(table)[0].startswith(f"{times} /")
    assert minutes("1d") == 24 * 60
    assert minutes("1h30m") == 90


def test_times_that_cron_has_not(repository: RepositoryBuilder, table: Scheduler) -> None:
    failed = install(repository.root, "--every", "45m")
    assert (failed.returncode, table.table) == (2, None)
    assert "--kind systemd" in failed.stderr


def test_a_line_too_long_for_cron(
    repository: RepositoryBuilder, table: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (tmp_path / f"{number:050}").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / f"{number:050}"), prepend=os.pathsep)
    failed = install(repository.root, "--kind", "cron")
    assert (failed.returncode, table.table) == (2, None)
    assert "and cron takes 998" in failed.stderr


NASTY = "a b%c%%d\"e'f$g`h\\i\\\\j\nk;l&m#n é"


def test_a_path_with_everything_in_it(table: Scheduler, units: Path, tmp_path: Path) -> None:
    odd = RepositoryBuilder(tmp_path / NASTY)
    assert install(odd.root).returncode == 0
    (line,) = own(table)
    command = as_cron_runs(line.split(maxsplit=5)[5], "'%s\\0' ").split("\0")
    assert command[-3:-1] == ["-C", str(odd.root)]
    assert install(odd.root).stdout.endswith("already set up\n")
    assert install(odd.root, "--kind", "systemd").returncode == 0
    verify_units(units)
    assert install(odd.root, "--uninstall").returncode == 0
    assert (table.table, list(units.iterdir())) == (None, [])


def as_cron_runs(command: str, form: str = "%s ") -> str:
    """Return what the words of a command are after cron's reading and the shell's."""
    assert "\n" not in command
    unescaped = command.replace("\\%", "%")
    assert "%" not in command.replace("\\%", "")
    assert "\\\\" not in command
    both = [
        subprocess.run(["sh", "-c", f"printf {form}{text}"], capture_output=True, check=True).stdout
        for text in (unescaped, command)
    ]
    assert both[0] == both[1], "a cron that knows no percent signs reads it otherwise"
    return os.fsdecode(both[0])


@given(st.text(st.sampled_from("a %\\'\"$`\n;#é\t!*~"), max_size=12).filter(lambda text: not text.endswith("\n")))
def test_any_word_is_that_word_to_cron_and_its_shell(text: str) -> None:
    assert as_cron_runs(cron.word(text), "%s ") == text


def verify_units(units: Path) -> None:
    """Let systemd read the units, if it is there."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", *map(str, units.glob("gatekeeper-*"))],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "gatekeeper-" in line]
    assert complaints == []


def test_units_are_what_systemd_reads(repository: RepositoryBuilder, units: Path) -> None:
    assert install(repository.root, "--kind", "systemd").returncode == 0
    verify_units(units)


def test_what_systemd_cannot_hold() -> None:
    assert systemd.word("plain") == "plain"
    assert systemd.word("") == '""'
    assert systemd.word("it's $5 100%\n\"\\") == '"it\'s $$5 100%%\\x0a\\"\\\\"'
    with pytest.raises(UsageError, match="UTF-8"):
        systemd.word("\udcff")
