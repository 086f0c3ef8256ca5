from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import gatekeeper
from gatekeeper import errors
from gatekeeper.cli.group import COMMANDS
from gatekeeper.cli.main import EXIT_CODES, exit_code, run
from tests.cli.run import ROOT, python
from tests.cli.run import gatekeeper as start


@pytest.fixture
def manifests(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "a.toml").write_text("a = 1\n")
    (tmp_path / "b.toml").write_text("a = 2\n")
    return str(tmp_path / "a.toml"), str(tmp_path / "b.toml")


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("gatekeeper.cli.diff_sources.differences", fail)


def error_classes(root: type[BaseException] = errors.GatekeeperError) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def test_the_version_is_the_projects(capfd: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run(["--version"]) == 0
    assert capfd.readouterr().out == f"gatekeeper {project['version']}\n"
    assert gatekeeper.__version__ == project["version"]


def test_the_version_loads_nothing() -> None:
    # What measures coverage is there before.
    program = """
import sys
before = set(sys.modules)
from gatekeeper.cli.main import run
run(["--version"])
new = sys.modules.keys() - before
print(sorted(new & {"click", "rich", "pydantic", "pygit2", "rtoml", "dataclasses", "subprocess"}))
"""
    assert python(program).stdout.splitlines()[1] == "[]"


@pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_loads_no_slow_library(arguments: list[str]) -> None:
    program = f"""
import sys
before = set(sys.modules)
from gatekeeper.cli.main import run
code = run({arguments})
new = sys.modules.keys() - before
print(code, sorted(new & {{"pygit2", "pydantic", "rich", "rtoml", "unidiff", "subprocess", "sqlite3", "json"}}))
"""
    done = python(program)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert done.stderr == ""
    assert done.stdout.startswith("Usage: gatekeeper")


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {command} " in shown for command in COMMANDS)
    documented = {int(line.split()[0]) for line in shown.splitlines() if line.strip()[:1].isdigit()}
    by_signal = 128
    assert documented == {0, 1} | {code for code in EXIT_CODES.values() if code < by_signal}


@pytest.mark.parametrize("error", list(error_classes()))
def test_every_error_class_has_its_exit_code(error: type[BaseException]) -> None:
    assert error in EXIT_CODES, f"{error.__name__} is missing in EXIT_CODES"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("no"), 2),
        (errors.ConfigurationError("no"), 2),
        (errors.BadInputError("no"), 2),
        (errors.UnknownRevisionError("no"), 2),
        (errors.NotARepositoryError("no"), 2),
        (errors.UnsupportedRepositoryError("no"), 2),
        (errors.RepositoryError("no"), 2),
        (errors.GitCommandError("no"), 2),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 2),
        (RuntimeError("no"), 70),
        (RecursionError(), 70),
        (MemoryError(), 70),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    fail_with(monkeypatch, error)
    assert run(["diff", "a", "b"]) == code == exit_code(error)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert bool(shown.err) is (code != 141)


def test_message_and_hint_stand_apart_and_are_harmless(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, errors.BadInputError("one\x1b[2J\ntwo \u202e", "three\x9b"))
    run(["diff", "a", "b"])
    assert capfd.readouterr().err == "gatekeeper: one\\x1b[2J\ntwo \\u202e\n  hint: three\\x9b\n"


def test_a_fault_of_the_program_is_short_and_says_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ZeroDivisionError("by zero"))
    run(["diff", "a", "b"])
    message, hint = capfd.readouterr().err.splitlines()
    assert message == f"gatekeeper: version {gatekeeper.__version__} failed unexpectedly: ZeroDivisionError: by zero"
    assert "--traceback" in hint


@pytest.mark.parametrize("arguments", [["--traceback", "diff", "a", "b"], ["diff", "a", "b", "--traceback"]])
def test_a_traceback_is_there_for_the_asking(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    fail_with(monkeypatch, ZeroDivisionError("by zero"))
    assert run(arguments) == 70
    assert "Traceback (most recent call last)" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: gatekeeper"),
        (["scna"], "there is no command scna; did you mean scan?"),
        (["xyz"], f"there is no command xyz; there are {', '.join(COMMANDS)}"),
        (["scan", "--tunk", "x"], "No such option '--tunk'"),
        (["scan", "--fail-on", "mayor"], "'mayor' is not one of"),
        (["diff", "a"], "Missing argument 'B'"),
        (["check", "--staged", "--branch", "x"], "--staged and --branch exclude each other"),
        (["scan", "--branches-from", "/nowhere"], "cannot read the branch names in /nowhere: No such file"),
        (["explain", "\x1b[2J"], "there is no rule \\x1b[2J"),
    ],
)
def test_a_wrong_command_line_is_told_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setattr("gatekeeper.core.rules.registry.all_rules", dict)
    assert run(arguments) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_a_reader_that_left_is_no_failure(manifests: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "gatekeeper", "diff", *manifests]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 141
    assert said == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], None])
def test_an_output_that_is_full_is_told(manifests: tuple[str, str], arguments: list[str] | None) -> None:
    with Path("/dev/full").open("w") as full:
        done = start(*(arguments or ["diff", *manifests]), stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 2
    assert done.stderr == "gatekeeper: No space left on device\n"


def test_closed_streams_do_not_matter(manifests: tuple[str, str]) -> None:
    command = f"{sys.executable} -m gatekeeper diff {manifests[0]} {manifests[1]} >&- 2>&-"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", command], check=False, env=environment).returncode == 0


def test_a_terminal_without_unicode_still_gets_everything(manifests: tuple[str, str]) -> None:
    done = start("diff", *manifests, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "~ a  1 \\u2192 2" in done.stdout


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    fifo = tmp_path / "never.toml"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "gatekeeper", "diff", str(fifo), str(fifo)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        # Opening for writing returns once the command reads.
        with fifo.open("w"):
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        assert process.returncode == 130
    assert said == b"gatekeeper: interrupted\n"


def test_the_public_api_is_there(tmp_path: Path) -> None:
    for name in gatekeeper.__all__:
        assert getattr(gatekeeper, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        gatekeeper.nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(errors.NotARepositoryError):
        gatekeeper.scan(tmp_path)


def test_scan_stays_the_function_when_its_module_is_imported() -> None:
    done = python("import gatekeeper.scanning, gatekeeper; print(callable(gatekeeper.scan))")
    assert done.stdout == "True\n"
