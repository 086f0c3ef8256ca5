"""Who is told of what, and what becomes of notices that do not arrive: recorded, tried again, given up, never fatal."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.coordinator.poll import Polled
from gatekeeper.core.channels import EVENTS
from gatekeeper.core.ledger.events import NoticeDelivered, NoticeDue, NoticeFailed
from tests.cli.run import gatekeeper
from tests.e2e.watched import MAKEFILE, Watch, assert_silent, crate, items, said, workspace
from tests.kit import RepositoryBuilder
from tests.kit.web import answering, serving

AGENTS = ("one", "two", "three")
PAUSES = [10, 20, 40, 80, 160, 320, 640, 720, 720]
"""Minutes until a notice is tried again, after each failure but the last."""


def feature(number: int) -> str:
    return crate("one", features=f'profile = ["minimal", "f{number}"]\nminimal = []\nf{number} = []\n')


@pytest.fixture
def watch(repository: RepositoryBuilder) -> Watch:
    return Watch(repository)


def fleet(watch: Watch, settings: str) -> Watch:
    """Let three agents define a feature differently, which is one major finding a pair, and edit a task alike."""
    watch.commit("main", workspace(settings))
    for number, name in enumerate(AGENTS):
        args = f'["check", "-p", "{name}"]'
        watch.agent(name, {"crates/one/Cargo.toml": feature(number), "Makefile.toml": _tasks(args)})
    return watch.later(minutes=1)


def _tasks(args: str) -> str:
    return MAKEFILE.replace('["check"]', args)


def command(*words: str, name: str = "ops", more: str = "") -> str:
    return f'[[notifications]]\nname = "{name}"\ncommand = {json.dumps(list(words))}\n{more}'


def told(file: Path) -> list[dict[str, Any]]:
    texts = file.read_text().split("\0")[:-1] if file.exists() else []
    return [json.loads(text) for text in texts]


def teller(file: Path) -> list[str]:
    return ["sh", "-c", f"cat >> {file}; printf '\\0' >> {file}"]


def failures(done: Polled) -> list[NoticeFailed]:
    return said(done.outcomes, NoticeFailed)


#
def test_people_are_told_once_for_a_place_however_many_agents_meet_there(watch: Watch, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    done = fleet(watch, command(*teller(heard), more='on = ["finding-opened"]\n')).poll()
    assert len([problem for problem in done.standing if problem.rule == "feature-array-both-edited"]) == 3
    (document,) = told(heard)
    (item,) = document["items"]
    assert (item["event"], item["rule"], item["path"], item["key"]) == (
        "finding-opened",
        "feature-array-both-edited",
        "crates/one/Cargo.toml",
        "features.profile",
    )
    assert (item["agents"], len(item["findings"]), item["severity"]) == (sorted(AGENTS), 3, "major")
    assert item["proposal"]
    assert (document["schema"], document["left_out"], document["trunk"]) == (
        "gatekeeper.notice/1",
        0,
        watch.builder.commit_id("main"),
    )


def test_each_channel_hears_what_it_wants_from_its_severity_on(watch: Watch, tmp_path: Path) -> None:
    rows = {
        "default": "",
        "all": f"least = 'note'\non = {json.dumps(EVENTS)}\n",
        "critical": 'least = "critical"\non = ["finding-opened"]\n',
        "gone": 'on = ["finding-closed"]\n',
        "checks": 'on = ["checkpoint-failed"]\n',
        "blocked": 'on = ["agent-blocked", "agent-done"]\n',
    }
    settings = "".join(command(*teller(tmp_path / name), name=name, more=more) for name, more in rows.items())
    fleet(watch, settings + "".join(f"[agents.{name}]\n" for name in AGENTS)).poll()
    heard = {name: [item["event"] for document in told(tmp_path / name) for item in document["items"]] for name in rows}
    decided = ["escalation-opened", *["agent-stopped"] * 3]
    assert heard == {
        "default": ["finding-opened", "checkpoint-failed", "checkpoint-failed", *decided],
        "all": ["finding-opened", "finding-opened", "checkpoint-failed", "checkpoint-failed", *decided],
        "critical": [],
        "gone": [],
        "checks": ["checkpoint-failed", "checkpoint-failed"],
        "blocked": [],
    }
    # What an agent says of itself is told at once; after an hour once more, as a finding.
    watch.desk().report(watch.record("one").name, "blocked", reason="no schema", outputs=())
    watch.desk().finish("two", outputs=(), work=lambda _record: None)
    watch.poll()
    watch.later(minutes=61).poll()
    events = [item["event"] for document in told(tmp_path / "blocked") for item in document["items"]]
    assert events == ["agent-blocked", "agent-done", "agent-blocked"]
    for name in ("one", "two"):
        watch.commit(name, {"crates/one/Cargo.toml": feature(2)})
    watch.later(minutes=1).poll()
    (closed,) = [item for document in told(tmp_path / "gone") for item in document["items"]]
    assert (closed["rule"], closed["agents"]) == ("feature-array-both-edited", sorted(AGENTS))


@pytest.mark.parametrize(
    ("words", "more", "because"),
    [
        (["sh", "-c", "echo no route >&2; exit 3"], "", "sh failed with exit code 3: no route"),
        (["no-such-program"], "", "no-such-program"),
        (["sleep", "60"], 'timeout = "1s"\n', "sleep was stopped after 1 s"),
    ],
    ids=["fails", "missing", "hangs"],
)
def test_a_command_that_does_not_work_is_recorded_and_not_fatal(
    watch: Watch, words: list[str], more: str, because: str
) -> None:
    done = fleet(watch, command(*words, more=more)).poll()
    (failure,) = failures(done)
    assert because in failure.because
    assert failure.again_at == watch.now + timedelta(minutes=10)
    assert done.troubles == ()
    shown = gatekeeper("status", "-C", str(watch.root))
    assert (shown.returncode, because in shown.stdout) == (0, True)
    assert_silent(watch.later(minutes=9).poll())


def test_a_notice_is_tried_again_with_growing_pauses_and_given_up_after_ten_times(watch: Watch) -> None:
    done = fleet(watch, command("false")).poll()
    pauses = []
    while (failure := failures(done)[0]).again_at is not None:
        (notice,) = watch.notices()
        pauses.append((failure.again_at - watch.now) // timedelta(minutes=1))
        assert notice.attempts == len(pauses)
        watch.now = failure.again_at - timedelta(seconds=1)
        assert_silent(watch.poll())
        done = watch.later(seconds=1).poll()
        assert (done.events, len(done.outcomes)) == ((), 1)
    assert (pauses, watch.notices()) == (PAUSES, [])
    assert_silent(watch.later(days=3).poll())
    assert "; given up" in gatekeeper("log", "-C", str(watch.root), "-n", "1").stdout


def test_what_failed_arrives_when_the_channel_works_again(watch: Watch, tmp_path: Path) -> None:
    heard, works = tmp_path / "heard", tmp_path / "works"
    script = f"test -e {works} && cat >> {heard} && printf '\\0' >> {heard}"
    (due,) = said(fleet(watch, command("sh", "-c", script)).poll().events, NoticeDue)
    works.touch()
    done = watch.later(minutes=10).poll()
    assert [said.notice for said in said(done.outcomes, NoticeDelivered)] == [due.notice]
    assert ([document["id"] for document in told(heard)], watch.notices()) == ([due.notice], [])
    assert_silent(watch.later(minutes=30).poll())


def test_a_notice_put_off_by_a_clock_that_was_wrong_is_not_kept_until_then(watch: Watch, tmp_path: Path) -> None:
    works = tmp_path / "works"
    fleet(watch, command("test", "-e", str(works)))
    watch.later(days=300).poll()
    works.touch()
    watch.now -= timedelta(days=300)
    watch.later(minutes=5).poll()
    assert watch.notices() == []


def test_a_channel_that_is_no_longer_configured_ends_its_notices(watch: Watch) -> None:
    fleet(watch, command("false")).poll()
    watch.commit("main", {"gatekeeper.toml": command("true", name="others")})
    done = watch.later(minutes=10).poll()
    (failure,) = failures(done)
    assert (failure.because, failure.again_at) == ("there is no channel ops any more", None)
    assert watch.notices() == []


def test_nobody_hears_of_expected_findings(watch: Watch) -> None:
    row = '[[policy.expected]]\npath = "**"\nreason = "known"\n'
    # What follows from them they hear: that one is expected saves the alarm, and decides nothing.
    only = 'least = "note"\non = ["finding-opened", "checkpoint-failed"]\n'
    done = fleet(watch, row + command("false", more=only)).poll()
    assert done.standing
    assert all(problem.expected_because == "known" for problem in done.standing)
    assert (said(done.events, NoticeDue), done.outcomes) == ([], ())


def test_a_webhook_gets_the_document_signed(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_SECRET", "schlüssel")
    with serving(answering(204)) as web:
        row = f'[[notifications]]\nwebhook = "{web.url}/hook"\nsecret_env = "CHAT_SECRET"\n'
        done = fleet(watch, row).poll()
    (asked,) = web.asked
    (due,) = said(done.events, NoticeDue)
    assert (asked.path, asked.body.decode()) == ("/hook", due.document)
    signature = hmac.new("schlüssel".encode(), asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["X-Gatekeeper-Signature-256"] == f"sha256={signature}"
    assert asked.headers["X-Gatekeeper-Delivery"] == due.notice
    assert watch.notices() == []


def test_a_webhook_that_refuses_is_tried_again(watch: Watch) -> None:
    with serving(answering(503, b"busy\x1b[2J")) as web:
        done = fleet(watch, f'[[notifications]]\nwebhook = "{web.url}"\n').poll()
    (failure,) = failures(done)
    assert "503" in failure.because
    (notice,) = watch.notices()
    assert {item["event"] for item in items(notice)} == {
        *("finding-opened", "checkpoint-failed", "escalation-opened", "agent-stopped")
    }
    assert "\x1b" not in gatekeeper("status", "-C", str(watch.root)).stdout
    done = watch.later(minutes=10).poll()
    assert "cannot be reached" in failures(done)[0].because
