"""``install schedule`` with a timer of systemd, with both, and with neither."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.schedules import install, own, verify_units
from tests.kit import RepositoryBuilder
from tests.kit.schedulers import Scheduler

pytestmark = pytest.mark.usefixtures("no_systemd")


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


def test_units_are_what_systemd_reads(repository: RepositoryBuilder, units: Path) -> None:
    assert install(repository.root, "--kind", "systemd").returncode == 0
    verify_units(units)
