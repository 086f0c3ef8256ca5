"""``install schedule`` with cron."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.scheduling.job import minutes
from tests.cli.schedules import as_cron_runs, install, own, verify_units
from tests.kit import RepositoryBuilder
from tests.kit.schedulers import Scheduler

pytestmark = pytest.mark.usefixtures("no_systemd")
OTHERS = b'MAILTO=""\n# mine\n5 4 * * * true # gatekeeper\n\n0 0 * * * echo \xff\\%'


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
