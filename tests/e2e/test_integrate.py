"""Whoever comes second integrates: it waits for the first one, takes in trunk by one fast-forward, and lands (R-11)."""

from __future__ import annotations

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatekeeper.core.ledger.case_events import IntegrationIntended, IntegrationPublished
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.standing import Standing
from gatekeeper.errors import RepositoryError
from gatekeeper.ledger.ledger import new_event
from tests.cli.run import gatekeeper
from tests.e2e.integrating import INTEGRATED, MEMBERS, Line, with_crate
from tests.e2e.watched import Watch, assert_silent, crate, said
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint
from tests.shell.test_verify_merges import RUSTUP_HOME, needs_cargo


@pytest.fixture
def line(repository: RepositoryBuilder) -> Line:
    found = Line(Watch(repository))
    found.begin()
    return found


#
def test_a_chain_of_three_goes_from_the_first_edit_to_all_landed(line: Line) -> None:
    line.add("a", "b", "c")
    watch = line.watch
    assert [line.integrate(name).outcome for name in ("b", "c")] == ["waits", "waits"]
    line.land("a")
    polled = watch.later(minutes=1).poll()
    assert polled.troubles == ()
    assert {event.agent for event in said(polled.outcomes, IntegrationPublished)} == {"b", "c"}
    for name, others in (("b", ["c"]), ("c", [])):
        head = watch.builder.commit_id(name)
        commit = line.published(name)
        assert commit is not None
        assert line.parents(commit) == [head, watch.builder.commit_id("main")]
        line.take(name)
        assert watch.builder.commit_id(name) == commit
        line.land(name)
        polled = watch.later(minutes=1).poll()
        assert {event.agent for event in said(polled.outcomes, IntegrationPublished)} == set(others)
        assert line.published(name) is None
    assert all(f'"crates/{name}"' in line.on_trunk("Cargo.toml") for name in "abc")
    assert polled.standing == ()
    assert polled.decisions == ()
    assert_silent(watch.later(minutes=1).poll())


#
def test_whoever_takes_what_was_published_too_late_integrates_once_more(line: Line) -> None:
    line.add("a", "b", "c")
    line.land("a")
    line.watch.later(minutes=1).poll()
    for name in ("b", "c"):
        line.take(name)
    line.land("b")
    # What c has taken lacks b's work, and no finding between the two was ever seen.
    line.watch.later(minutes=1).poll()
    assert line.parents(line.published("c") or "")[1] == line.watch.builder.commit_id("main")
    line.take("c")
    line.land("c")
    done = line.watch.later(minutes=1).poll()
    assert (done.standing, done.decisions, line.published("c")) == ((), (), None)


#
def test_two_at_the_same_time_come_to_the_same(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: gatekeeper("integrate", "b", cwd=line.watch.root), range(3)))
    assert [each.returncode for each in done] == [0, 0, 0], [each.stderr for each in done]
    assert line.watch.messages()[0].startswith("agent b: integrated")
    assert sum(message.startswith("agent b: integrated") for message in line.watch.messages()) == 1


def test_a_new_commit_of_the_branch_is_integrated_by_the_next_poll(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    line.watch.later(minutes=1).poll()
    first = line.published("b")
    head = line.watch.later(minutes=1).commit("b", {"README.md": "more\n"})
    line.watch.later(minutes=1).poll()
    second = line.published("b")
    assert second != first
    assert line.parents(second or "") == [head, line.watch.builder.commit_id("main")]


def test_what_somebody_has_deleted_is_published_again(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    line.watch.later(minutes=1).poll()
    line.watch.builder.git("update-ref", "-d", f"{INTEGRATED}b")
    line.watch.later(minutes=1).poll()
    assert line.published("b") is not None
    assert_silent(line.watch.later(minutes=1).poll())


def test_an_agent_that_is_gone_leaves_nothing_published(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    line.watch.later(minutes=1).poll()
    line.watch.builder.git("branch", "-D", "b")
    line.watch.later(minutes=1).poll()
    assert (line.record("b"), line.published("b")) == (None, None)


#
def test_the_packet_says_what_the_first_changed_and_why_it_goes_first(line: Line) -> None:
    line.add("a", "b")
    done = line.integrate("b")
    assert (done.outcome, done.integration) == ("waits", None)
    (packet,) = done.packets
    assert (packet.first, packet.because) == ("a", "it was there first")
    (value,) = packet.values
    assert (value.path, value.key) == ("Cargo.toml", "workspace.members")
    assert (value.before, value.first, value.own) == (
        '["crates/one", "crates/two"]',
        '["crates/one", "crates/two", "crates/a"]',
        '["crates/one", "crates/two", "crates/b"]',
    )
    (file,) = packet.files
    assert file.text is not None
    assert '"crates/a"' in file.text
    assert '"crates/b"' in file.text
    assert done.next_step == "once a has landed: gatekeeper integrate b"
    assert line.record("b") is None


#
def test_priority_says_who_goes_first_and_the_packet_says_so(repository: RepositoryBuilder) -> None:
    line = Line(Watch(repository))
    line.begin("[agents.a]\n[agents.b]\npriority = 5\n")
    line.add("a", "b")
    (packet,) = line.integrate("a").packets
    assert (packet.first, packet.because) == ("b", "its priority is 5, that of a 0")
    # Nobody is in the way of the first one: it has trunk already.
    assert line.integrate("b").outcome == "up-to-date"


def test_what_clashes_is_told_in_the_packet(line: Line) -> None:
    watch = line.watch
    for name in ("a", "b"):
        watch.later(minutes=1).agent(name, {"Makefile.toml": f'[env]\nMODE = "{name}"\n'})
    watch.later(minutes=1).poll()
    (packet,) = line.integrate("b").packets
    assert [file.text for file in packet.files] == [None]
    assert any('ours "b", theirs "a"' in clash or "MODE" in clash for file in packet.files for clash in file.clashes)


def test_a_winner_that_vanishes_before_it_lands_holds_nobody_up(line: Line) -> None:
    line.add("a", "b")
    line.watch.builder.git("branch", "-D", "a")
    line.watch.later(minutes=1).poll()
    line.watch.later(days=2).poll()
    assert line.integrate("b").outcome == "up-to-date"
    assert line.watch.poll().decisions == ()


def test_a_merge_that_cannot_be_made_is_told_and_leaves_everything_as_it_was(line: Line) -> None:
    watch = line.watch
    for name in ("a", "b"):
        watch.later(minutes=1).agent(name, {"Makefile.toml": f'[env]\nMODE = "{name}"\n'})
    watch.later(minutes=1).poll()
    line.land("a")
    head = watch.builder.commit_id("b")
    polled = watch.later(minutes=1).poll()
    assert len(polled.troubles) == 1
    assert "Makefile.toml" in polled.troubles[0]
    assert (watch.builder.commit_id("b"), line.published("b")) == (head, None)
    record = line.record("b")
    assert record is not None
    assert "env.MODE" in record.failure
    (decision,) = polled.decisions
    assert (decision.agent, decision.standing) == ("b", Standing.INTEGRATING)
    assert decision.next_step is not None
    assert decision.next_step.startswith("merge trunk by hand")
    # It is not tried again while nothing has moved.
    assert_silent(watch.later(minutes=1).poll())
    done = line.integrate("b")
    assert (done.outcome, done.next_step) == ("failed", "merge it by hand on b's branch: git merge main")
    watch.later(minutes=1).commit("b", {"Makefile.toml": '[env]\nMODE = "fast"\n'})
    assert watch.later(minutes=1).poll().troubles == ()
    assert line.published("b") is not None


@needs_cargo
def test_a_merge_that_does_not_load_is_not_published(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTUP_HOME", RUSTUP_HOME)
    watch = line.watch
    line.add("a")
    watch.later(minutes=1).agent(
        "b", {"crates/two/Cargo.toml": crate("two", dependencies='one = { path = "../one" }\n')}
    )
    gone = {"crates/one/Cargo.toml": None, "crates/one/src/lib.rs": None}
    watch.later(minutes=1).commit("main", {"Cargo.toml": MEMBERS.replace('"crates/one", ', ""), **gone})
    stale = watch.builder.commit_id("main")
    watch.builder.git("update-ref", f"{INTEGRATED}b", stale)
    head = watch.builder.commit_id("b")
    done = line.integrate("b")
    assert done.outcome == "failed"
    assert done.integration is not None
    assert [reason[:21] for reason in done.integration.reasons] == ["the merge is broken: "]
    # Nobody takes what an older attempt has left for this one.
    assert line.published("b") is None
    assert watch.builder.commit_id("b") == head


def test_a_branch_that_has_nothing_of_its_own_is_forwarded_to_trunk(line: Line) -> None:
    line.watch.builder.branch("slow")
    line.add("a")
    line.land("a")
    done = line.integrate("slow")
    assert done.outcome == "published"
    assert line.published("slow") == line.watch.builder.commit_id("main")


def test_the_same_again_is_found_done(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    first = line.integrate("b")
    assert first.outcome == "published"
    tip = line.watch.tip
    line.watch.later(hours=1)
    again = line.integrate("b")
    assert (again.outcome, again.notes) == ("published", ("it was published before",))
    assert line.watch.tip == tip
    assert line.published("b") == (first.integration and first.integration.commit)


#
def test_a_run_that_was_killed_before_it_recorded_the_outcome_is_completed_by_the_next_poll(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    done = line.integrate("b")
    assert done.integration is not None
    intent = IntegrationIntended(AgentName("b"), done.task.head, done.task.trunk.commit)
    event = new_event(intent, at=line.watch.now, by="b")
    line.watch.ledger.append(lambda _state: [event], subject="killed", at=line.watch.now)
    polled = line.watch.later(minutes=1).poll()
    (published,) = said(polled.outcomes, IntegrationPublished)
    # The merge was there already, and no second one is made.
    assert published.commit == done.integration.commit == line.published("b")
    record = line.record("b")
    assert record is not None
    assert not record.is_making


def test_a_dry_run_writes_nothing(line: Line) -> None:
    line.add("a", "b")
    assert line.integrate("b", dry_run=True).outcome == "waits"
    line.land("a")
    before = fingerprint(line.watch.root)
    done = line.integrate("b", dry_run=True)
    assert (done.outcome, done.next_step) == ("published", "gatekeeper integrate b")
    assert fingerprint(line.watch.root) == before


def test_a_branch_that_is_checked_out_with_work_in_it_is_left_alone(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    room = line.watch.builder.worktree("b")
    line.watch.builder.write(room, {"note.txt": "mine\n"})
    head = line.watch.builder.commit_id("b")
    done = line.integrate("b")
    assert any("uncommitted work" in note for note in done.notes)
    assert line.watch.builder.commit_id("b") == head
    assert line.watch.builder.git("status", "--porcelain", cwd=room) == "?? note.txt\n"
    line.watch.builder.git("merge", "-q", "--ff-only", f"{INTEGRATED}b", cwd=room)
    assert (room / "note.txt").read_text() == "mine\n"


def test_the_merge_says_what_it_is_and_by_whom(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    trunk = line.watch.builder.commit_id("main")
    line.integrate("b")
    message = line.watch.builder.git("log", "-1", "--format=%an <%ae>%n%B", f"{INTEGRATED}b").splitlines()
    assert message[1] == f"Merge trunk (main at {trunk[:12]}) into b"
    assert "Settled: Cargo.toml" in message
    named = line.watch.builder.git("var", "GIT_AUTHOR_IDENT").split(" 1")[0].rsplit(" ", 2)
    assert message[0].startswith(named[0].split(" <")[0])


def test_without_auto_integrate_a_poll_only_says_what_is_due(repository: RepositoryBuilder) -> None:
    line = Line(Watch(repository))
    line.begin("[policy]\nauto_integrate = false\n")
    line.add("a", "b")
    line.land("a")
    (decision,) = line.watch.later(minutes=1).poll().decisions
    assert decision.next_step == "gatekeeper integrate b"
    assert line.published("b") is None
    assert line.integrate("b").outcome == "published"


def test_the_command_line_says_it_for_people_and_programs(line: Line) -> None:
    line.add("a", "b")
    root = line.watch.root
    waits = gatekeeper("integrate", "b", cwd=root)
    assert waits.returncode == 1
    assert "a goes first: it was there first" in waits.stdout
    line.land("a")
    done = gatekeeper("integrate", "b", "--format", "json", cwd=root)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["schema"], document["outcome"]) == ("gatekeeper.integration/1", "published")
    assert document["commit"] == line.published("b")
    assert document["next_step"] == f"git merge --ff-only {INTEGRATED}b"
    text = gatekeeper("integrate", cwd=root, env={"GATEKEEPER_AGENT": "b"})
    assert (text.returncode, text.stdout.splitlines()[-1]) == (0, f"git merge --ff-only {INTEGRATED}b")


def test_a_command_that_is_shown_can_be_copied_whatever_a_branch_is_called(line: Line) -> None:
    name = "it's;$(touch${IFS}x)"
    line.add("a", name)
    (decision,) = line.watch.poll().decisions
    assert decision.next_step == f"go on; once a has landed: {shlex.join(['gatekeeper', 'integrate', name])}"
    assert line.integrate(name).next_step == f"once a has landed: {shlex.join(['gatekeeper', 'integrate', name])}"
    line.land("a")
    line.watch.later(minutes=1).poll()
    done = line.integrate(name)
    assert done.next_step == shlex.join(["git", "merge", "--ff-only", f"{INTEGRATED}{name}"])
    (decision,) = line.watch.poll().decisions
    assert decision.next_step == done.next_step


def test_bad_input_is_a_message(line: Line) -> None:
    line.add("alpha", "beta")
    root = line.watch.root
    unknown = gatekeeper("integrate", "alpah", cwd=root)
    assert (unknown.returncode, "did you mean alpha" in unknown.stderr) == (2, True)
    trunk = gatekeeper("integrate", "main", cwd=root)
    assert (trunk.returncode, "trunk itself" in trunk.stderr) == (2, True)
    bare = root.parent / "bare.git"
    line.watch.builder.git("clone", "-q", "--mirror", str(root), str(bare))
    line.watch.later(minutes=1).commit("main", {"README.md": "two\n"})
    line.watch.builder.git("fetch", "-q", cwd=bare)
    assert gatekeeper("integrate", "beta", cwd=bare).returncode == 1
    empty = RepositoryBuilder(root.parent / "empty")
    assert gatekeeper("integrate", "beta", cwd=empty.root).returncode == 2


def test_a_shallow_clone_says_what_to_fetch(line: Line) -> None:
    line.add("alpha")
    line.watch.later(minutes=1).commit("main", {"README.md": "two\n"})
    shallow = line.watch.root.parent / "shallow"
    line.watch.builder.git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{line.watch.root}", str(shallow))
    done = gatekeeper("integrate", "alpha", cwd=shallow)
    assert done.returncode == 2
    assert "fetch it" in done.stderr


def test_a_paused_agent_may_integrate_and_is_told_how_it_stands(repository: RepositoryBuilder) -> None:
    line = Line(Watch(repository))
    line.begin('[policy.severity.rules]\nws-members-both-appended = "major"\n')
    line.add("a", "b")
    line.watch.later(minutes=1).commit("main", {"README.md": "two\n"})
    done = line.integrate("b")
    assert (done.outcome, done.decision.standing) == ("published", Standing.PAUSED)
    told = gatekeeper("integrate", "b", cwd=line.watch.root)
    assert "b is paused" in told.stdout


def test_two_clones_that_share_a_ledger_integrate_where_the_branch_is(line: Line) -> None:
    watch = line.watch
    watch.commit("main", {"gatekeeper.toml": '[ledger]\nremote = "origin"\n'})
    remote, root = watch.root.parent / "remote.git", watch.root.parent
    line.add("a")
    watch.builder.git("clone", "-q", "--bare", str(watch.root), str(remote))
    clones = [root / name for name in ("first", "second")]
    for clone in clones:
        watch.builder.git("clone", "-q", str(remote), str(clone))
    first, second = clones
    for path, content in with_crate("b").items():
        (second / path).parent.mkdir(parents=True, exist_ok=True)
        (second / path).write_text(content)
    watch.builder.git("checkout", "-q", "-b", "b", cwd=second)
    watch.builder.git("add", "-A", cwd=second)
    watch.builder.git("commit", "-q", "-m", "b", cwd=second)
    watch.builder.git("push", "-q", "origin", "b", cwd=second)
    watch.later(minutes=1).poll(first)
    watch.poll(second)
    watch.builder.git("push", "-q", "origin", "origin/a:main", cwd=first)
    polled = watch.later(minutes=1).poll(first)
    assert said(polled.outcomes, IntegrationPublished) == []
    polled = watch.later(minutes=1).poll(second)
    (published,) = said(polled.outcomes, IntegrationPublished)
    there = watch.builder.git("rev-parse", f"{INTEGRATED}b", cwd=second).strip()
    assert published.commit == there
    watch.builder.git("merge", "-q", "--ff-only", f"{INTEGRATED}b", cwd=second)
    assert_silent(watch.later(minutes=1).poll(first))


def test_the_next_step_is_for_a_shell_and_names_are_no_commands(line: Line) -> None:
    watch = line.watch
    name = "b;>pwned"
    for agent, variable in (("a", "ONE"), (name, "TWO")):
        watch.later(minutes=1).agent(agent, {"Makefile.toml": f'[env]\n{variable} = "1"\n'})
    watch.later(minutes=1).poll()
    waits = line.integrate(name)
    assert waits.next_step == "once a has landed: gatekeeper integrate 'b;>pwned'"
    assert [packet.next_step for packet in waits.packets] == [
        "go on; once a has landed: gatekeeper integrate 'b;>pwned'"
    ]
    line.land("a")
    (decision,) = watch.later(minutes=1).poll().decisions
    done = line.integrate(name)
    assert decision.reasons[0].next_step == done.next_step
    room = watch.root.parent / "room"
    watch.builder.git("worktree", "add", "-q", str(room), name)
    subprocess.run(["sh", "-c", str(done.next_step)], cwd=room, check=True, capture_output=True)
    assert watch.builder.commit_id(name) == line.published(name)
    assert not (room / "pwned").exists()


def test_a_partial_clone_says_what_to_fetch(line: Line) -> None:
    line.add("a", "b")
    line.land("a")
    line.watch.builder.git("config", "uploadpack.allowFilter", "true")
    partial = line.watch.root.parent / "partial"
    origin = f"file://{line.watch.root}"
    line.watch.builder.git("clone", "-q", "--filter=blob:none", "--no-checkout", origin, str(partial))
    done = gatekeeper("integrate", "b", cwd=partial)
    assert done.returncode == 2
    assert "fetch it: the clone is shallow or partial" in done.stderr


def test_a_name_of_a_file_writes_no_trailer_and_no_colours_into_the_commit(line: Line) -> None:
    watch, path = line.watch, "x\nSigned-off-by: Boss <boss@example.org>\x1b[31m/Makefile.toml"
    watch.commit("main", {path: '[env]\nONE = "1"\n'})
    watch.later(minutes=1).agent("b", {path: '[env]\nONE = "1"\nTWO = "2"\n'})
    watch.later(minutes=1).commit("main", {path: '[env]\nONE = "1"\nTHREE = "3"\n'})
    commit = line.integrate("b").integration
    assert commit is not None
    message = watch.builder.git("log", "-1", "--format=%B", str(commit.commit))
    assert message.rstrip().splitlines()[2:] == [
        r"Settled: x\nSigned-off-by: Boss <boss@example.org>\x1b[31m/Makefile.toml"
    ]


def test_agents_whose_names_git_cannot_have_side_by_side_are_told_so(repository: RepositoryBuilder) -> None:
    line = Line(Watch(repository))
    line.begin('[agents.team]\nbranch = "its-own"\n')
    for branch in ("its-own", "team/x"):
        line.watch.agent(branch, {f"crates/{branch}/README.md": "one\n"})
    line.watch.later(minutes=1).commit("main", {"README.md": "two\n"})
    assert line.integrate("team").outcome == "published"
    with pytest.raises(RepositoryError) as refused:
        line.integrate("team/x")
    assert f"{INTEGRATED}team is in its way" in str(refused.value.hint)
    assert line.published("team") is not None
    record = line.record("team/x")
    assert record is not None
    assert "in its way" in record.failure
