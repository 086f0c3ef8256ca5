"""What holds whatever was run and killed: nothing is lost, doubled, or touched that is not gatekeeper's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.torture.world import DAY, TRUNK, Bystanders, World, profile

Events = Sequence[Mapping[str, Any]]

_OUTCOMES = {
    "agent.start-intended": "pending",
    "agent.started": "there",
    "agent.start-abandoned": "gone",
    "agent.removal-intended": "going",
    "agent.removed": "gone",
}


def violations(world: World, bystanders: Bystanders, *, told_once: bool) -> list[str]:
    """Return all that does not hold. ``told_once``: nothing was killed, so that nothing may be told twice either."""
    events = world.events()
    return [
        *_ledger(world, events),
        *_promised(world, events),
        *_findings(events),
        *_notices(world, events, told_once=told_once),
        *_branches(world, events, bystanders),
        *_workplaces(world, events),
        *_integrations(world, events),
        *_work(world),
        *_leftovers(world),
    ]


def _ledger(world: World, events: Events) -> Iterator[str]:
    verified = world.run("log", "--verify")
    if verified.code != 0:
        yield f"the ledger is not sound: {verified}"
    checked = world.git("fsck", "--strict", "--no-dangling", "--no-progress")
    if checked.strip():
        yield f"git fsck says: {checked}"
    twice = [oid for oid, count in Counter(event["id"] for event in events).items() if count > 1]
    if twice:
        yield f"events stand twice: {twice}"


def _promised(world: World, events: Events) -> Iterator[str]:
    promises = world.promises
    texts = [(event["type"], json.dumps(event["data"])) for event in events]
    places = {event["data"]["place"]: event["data"]["claim"] for event in events if event["type"] == "claim.made"}
    for kind, token in promises.events:
        found = sum(f'"{places.get(token, token)}"' in text for type_, text in texts if type_ == kind)
        if found != 1:
            yield f"{found} events {kind} with {token}"
    counts = Counter(
        (event["type"], event["data"]["agent"])
        for event in events
        if event["type"] in {"agent.started", "agent.removed", "agent.finished"}
    )
    promised = Counter(promises.counted)
    for kind, agent in sorted({*counts, *promised}):
        if counts[kind, agent] != promised[kind, agent]:
            yield f"{counts[kind, agent]} events {kind} of {agent}, and {promised[kind, agent]} were answered"
    recorded = [event for event in events if event["type"] == "baseline.recorded"]
    place = f"refs/gatekeeper/ledger:baselines/{DAY}.json"
    kept = json.loads(world.git("cat-file", "blob", place))["figures"] if recorded else {}
    if missing := promises.figures - set(kept):
        yield f"figures are lost: {sorted(missing)}"
    if len(recorded) != len(promises.figures):
        yield f"{len(recorded)} baselines recorded, and {len(promises.figures)} were answered"


def _findings(events: Events) -> Iterator[str]:
    """Every finding is opened, then closed, then opened again at most."""
    standing: set[str] = set()
    for event in events:
        if event["type"] == "finding.opened":
            finding = event["data"]["problem"]["id"]
            if finding in standing:
                yield f"finding {finding} was opened twice"
            standing.add(finding)
        elif event["type"] == "finding.closed":
            if event["data"]["finding"] not in standing:
                yield f"finding {event['data']['finding']} was closed twice"
            standing.discard(event["data"]["finding"])


def _notices(world: World, events: Events, *, told_once: bool) -> Iterator[str]:
    told = Counter(notice["id"] for notice in world.notices())
    due = Counter(event["data"]["notice"] for event in events if event["type"] == "notice.due")
    delivered = Counter(event["data"]["notice"] for event in events if event["type"] == "notice.delivered")
    if strangers := set(told) - set(due):
        yield f"told, and never due: {sorted(strangers)}"
    for notice in due:
        if not told[notice]:
            yield f"notice {notice} was never told"
        if delivered[notice] != 1:
            yield f"notice {notice} was recorded as told {delivered[notice]} times"
        if told_once and told[notice] > 1:
            yield f"notice {notice} was told {told[notice]} times"


def fates(events: Events) -> dict[str, str]:
    """Return what has become of each agent: pending, there, going or gone."""
    found = {}
    for event in events:
        if event["type"] in _OUTCOMES:
            found[event["data"]["agent"]] = _OUTCOMES[event["type"]]
    return found


def _branches(world: World, events: Events, bystanders: Bystanders) -> Iterator[str]:
    listed = world.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").splitlines()
    branches = dict(line.split(" ") for line in listed)
    now = fates(events)
    made = {f"refs/heads/{name}" for name, fate in now.items() if fate == "there"}
    if wrong := made ^ (set(branches) - set(bystanders.branches)):
        yield f"branches that nothing records, or that are lost: {sorted(wrong)}"
    moved = {name for name, oid in bystanders.branches.items() if branches.get(name) != oid}
    if moved:
        yield f"branches of others have moved: {sorted(moved)}"
    after = Bystanders.of(world)
    changed = [path for path, what in bystanders.files.items() if after.files.get(path) != what]
    changed += sorted(set(after.files) - set(bystanders.files) - {f"log of {name}" for name in branches})
    if changed:
        yield f"files of others have changed: {changed}"
    for name in made:
        log = world.git("reflog", "show", "--format=%gs", name).splitlines()
        if strange := [line for line in log if not line.startswith(("commit", "gatekeeper"))]:
            yield f"{name} was moved by {strange}"


def _integrations(world: World, events: Events) -> Iterator[str]:
    """What is published for an agent is a merge of its branch and trunk with both sides' work, and was recorded."""
    outcomes = {event["data"]["agent"]: event for event in events if event["type"].startswith("integration.")}
    if open_ones := sorted(name for name, event in outcomes.items() if event["type"] == "integration.intended"):
        yield f"integrations without an outcome: {open_ones}"
    published = {event["data"]["commit"] for event in events if event["type"] == "integration.published"}
    trunk = world.git("rev-parse", TRUNK).strip()
    listed = world.git("for-each-ref", "--format=%(refname) %(objectname) %(parent)", "refs/gatekeeper/integrated")
    for line in listed.splitlines():
        ref, commit, *parents = line.split(" ")
        name = ref.rpartition("/")[2]
        text = world.git("show", f"{commit}:Cargo.toml")
        if commit not in published:
            yield f"{ref} was never recorded"
        if len(parents) != 2 or parents[0] not in world.promises.commits or parents[1] != trunk:
            yield f"{ref} is no merge of {name} and trunk: {parents}"
        if any(profile(each).strip() not in text for each in (name, "of-trunk")):
            yield f"{ref} lacks the work of one side"


def _workplaces(world: World, events: Events) -> Iterator[str]:
    there = {name for name, fate in fates(events).items() if fate == "there"}
    if unfinished := {name: fate for name, fate in fates(events).items() if fate in {"pending", "going"}}:
        yield f"unfinished: {unfinished}"
    base = world.worktree("x").parent
    standing = {path.name for path in base.iterdir()} if base.exists() else set()
    if standing - {".target"} != there:
        yield f"workplaces that nothing records, or that are lost: {sorted((standing - {'.target'}) ^ there)}"
    known = {path.parent.name: path for path in (world.repository / ".git/worktrees").glob("*/gatekeeper.json")}
    if {json.loads(path.read_bytes())["agent"] for path in known.values()} != there:
        yield f"git keeps worktrees of others than {sorted(there)}: {sorted(known)}"
    for name, path in known.items():
        if json.loads(path.read_bytes())["stage"] != "ready" or (path.parent / "locked").exists():
            yield f"the worktree {name} is half made"


def _work(world: World) -> Iterator[str]:
    """Commits and uncommitted files are where they were, or in an archive."""
    reachable = set(world.git("rev-list", "--all").split())
    if lost := world.promises.commits - reachable:
        yield f"commits are lost: {sorted(lost)}"
    listed = world.git("for-each-ref", "--format=%(refname)", "refs/gatekeeper/archive/agents").split()
    kept = {line for ref in listed for line in world.git("ls-tree", "-r", "--name-only", ref).splitlines()}
    for path, token in world.promises.files.items():
        here = Path(path)
        if here.exists() and here.read_text() == f"{token}\n":
            continue
        if here.name not in kept:
            yield f"uncommitted work is lost: {path}"


def _leftovers(world: World) -> Iterator[str]:
    # One that was killed before it had locked its directory, and so was empty, is swept after a while.
    scratch = sorted(path.name for path in (world.root / "tmp").glob("gatekeeper-scratch-*"))
    scratch += [str(path) for path in (world.root / "tmp").glob("gatekeeper-new-*/*") if path.name != "gatekeeper.lock"]
    if scratch:
        yield f"scratch directories are left behind: {scratch}"
