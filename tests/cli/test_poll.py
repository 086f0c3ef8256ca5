"""``gatekeeper poll``: its text, its JSON, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.report.poll import PollDocument
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, crate, workspace
from tests.kit import RepositoryBuilder
from tests.shell.json_schema import check

SCHEMA = TypeAdapter(PollDocument).json_schema(mode="serialization")


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    """Return a fleet with a major and a minor finding."""
    watch = Watch(repository)
    watch.commit("main", workspace("[agents.one]\n"))
    for name in ("one", "two"):
        profile = crate("one", features=f'profile = ["minimal", "{name}"]\nminimal = []\n{name} = []\n')
        tasks = MAKEFILE.replace('["check"]', f'["check", "--{name}"]')
        watch.agent(name, {"crates/one/Cargo.toml": profile, "Makefile.toml": tasks})
    return watch


def document(watch: Watch, *options: str, code: int) -> dict[str, Any]:
    done = gatekeeper("poll", "-C", str(watch.root), "--format", "json", *options)
    assert (done.returncode, done.stderr) == (code, "")
    found: dict[str, Any] = json.loads(done.stdout)
    check(found, SCHEMA)
    return found


def test_the_text_tells_what_is_new_the_worst_first(watch: Watch) -> None:
    done = gatekeeper("poll", "-C", str(watch.root))
    assert (done.returncode, done.stderr, "\x1b" in done.stdout) == (1, "", False)
    head, *lines = done.stdout.splitlines()
    assert head.startswith("poll 20")
    assert head.endswith(" UTC")
    ids = [line.rpartition(" id ")[2] for line in lines if " · id " in line]
    case = next(line.split()[2] for line in lines if line.startswith("opened escalation"))
    assert lines == [
        "opened   1 major, 1 minor",
        "  major    feature-array-both-edited  crates/one/Cargo.toml features.profile",
        f"    one, two · id {ids[0]}",
        "  minor    mk-args-both-edited  Makefile.toml tasks.check.args",
        f"    one, two · id {ids[1]}",
        "moved    one",
        f"opened escalation {case} feature-array-both-edited",
        "         crates/one/Cargo.toml#features.profile, for the architect",
        "checkpoint: 2 of 6 not met",
        "  no conflicting change of a Makefile.toml: one, two",
        "  no incompatible definition of a feature: one, two",
        f"paused   one, two: escalation {case} (feature-array-both-edited",
        "         crates/one/Cargo.toml#features.profile) waits for the architect",
        "         next: name somebody who is no party as architect in policy.roles of gatekeeper.toml;",
        f"               then: gatekeeper escalation show {case}",
        "Next: gatekeeper status",
    ]
    watch.commit("two", {"Makefile.toml": MAKEFILE, "crates/one/Cargo.toml": workspace()["crates/one/Cargo.toml"]})
    settled = gatekeeper("poll", "-C", str(watch.root))
    assert (settled.returncode, settled.stdout.splitlines()[1:]) == (
        0,
        [
            "closed   2 no longer found",
            f"closed case {case}: nothing stands any more that it was about",
            "checkpoint: all met",
        ],
    )


def test_json_is_as_the_schema_says_whether_or_not_there_is_news(watch: Watch) -> None:
    first = document(watch, code=1)
    assert [event["type"] for event in first["events"]] == [
        "fleet.seen",
        "finding.opened",
        "finding.opened",
        "precedence.taken",
        "precedence.taken",
        "case.opened",
        "checkpoint.made",
    ]
    assert (first["schema"], first["busy"], first["blocking"], len(first["standing"])) == (
        "gatekeeper.poll/1",
        False,
        1,
        2,
    )
    opened = first["events"][1]
    assert opened["summary"].startswith("[one, two] opened ")
    second = document(watch, code=1)
    assert (second["events"], second["standing"]) == ([], first["standing"])
    assert document(watch, "--dry-run", code=1)["events"] == []


@pytest.mark.parametrize(("fail_on", "code"), [("critical", 0), ("major", 1), ("note", 1)])
def test_the_exit_code_follows_fail_on(watch: Watch, fail_on: str, code: int) -> None:
    watch.commit("main", {"gatekeeper.toml": f'fail_on = "{fail_on}"\n'})
    assert gatekeeper("poll", "-C", str(watch.root)).returncode == code
    assert gatekeeper("poll", "-C", str(watch.root)).returncode == code


def test_the_help_says_what_the_exit_code_means() -> None:
    text = " ".join(gatekeeper("poll", "--help").stdout.split())
    assert "The exit code is 1 while findings stand at or above fail_on" in text
    assert "another poll is running" in text


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--every", "soon"), "write 90s, 30m, 2h, 1d or 1h30m"),
        (("--every", "0m"), "write 90s"),
        (("--every", "", "--watch"), "write 90s"),
        (("--every", "30m"), "add --watch"),
        (("--trunk", "nowhere"), ""),
        (("-C", "/nowhere"), ""),
        (("--dry-run", "extra"), "--help"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_2(watch: Watch, options: tuple[str, ...], hint: str) -> None:
    done = gatekeeper("poll", *options, cwd=watch.root)
    assert (done.returncode, done.stdout, watch.tip) == (2, "", None)
    assert done.stderr.startswith("gatekeeper: ")
    assert hint in done.stderr


def test_outside_of_a_repository_there_is_nothing_to_poll(tmp_path: Path) -> None:
    done = gatekeeper("poll", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []
