"""Two clones of one remote that poll at the same moment, again and again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.torture.program import Ended
from tests.torture.world import World, another_clone, made


def meet(root: Path, seed: int, times: int, *, seconds: float) -> tuple[int, list[str]]:
    """Let both poll at once so often; return how often they did, and what does not hold."""
    rng = random.Random(f"{seed}/clones")  # noqa: S311
    one = made(root, remote=True)
    other = another_clone(one, "s")
    until, met = time.monotonic() + seconds, 0
    broken: list[str] = []
    while met < times and time.monotonic() < until:
        _change(one, rng, met)
        broken += [str(ended) for ended in both(one, other) if ended.code not in {0, 1} or ended.err]
        met += 1
    for world in (one, other, one):
        world.must("sync")
    return met, [*broken, *disagreements(one, other)]


def both(one: World, other: World) -> list[Ended]:
    """Poll in both at once."""
    ended: list[Ended] = []
    threads = [threading.Thread(target=lambda world=world: ended.append(world.run("poll"))) for world in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def disagreements(one: World, other: World) -> list[str]:
    """Return what is not the same on both sides, or not there once."""
    found = []
    tips = {world.git("rev-parse", "refs/gatekeeper/ledger").strip() for world in (one, other)}
    tips.add(one.git("ls-remote", "origin", "refs/gatekeeper/ledger").split()[0])
    if len(tips) != 1:
        found.append(f"the ledgers differ: {sorted(tips)}")
    events = one.events()
    found += [f"event {oid} {count} times" for oid, count in Counter(e["id"] for e in events).items() if count > 1]
    found += [str(ended) for world in (one, other) if (ended := world.run("log", "--verify")).code != 0]
    opened = Counter(event["data"]["problem"]["id"] for event in events if event["type"] == "finding.opened")
    closed = Counter(event["data"]["finding"] for event in events if event["type"] == "finding.closed")
    found += [
        f"finding {finding} was opened {count} times and closed {closed[finding]} times"
        for finding, count in opened.items()
        if count - closed[finding] not in {0, 1}
    ]
    told = Counter(notice["id"] for notice in one.notices())
    due = [event["data"]["notice"] for event in events if event["type"] == "notice.due"]
    found += [f"notice {notice} was told {told[notice]} times" for notice in due if told[notice] != 1]
    found += [f"told and not due: {notice}" for notice in told if notice not in due]
    news = Counter(
        finding
        for notice in one.notices()
        for item in notice["items"]
        if item["event"] == "finding-opened"
        for finding in item["findings"]
    )
    found += [
        f"{finding} was opened {opened[finding]} times and told {count} times"
        for finding, count in news.items()
        if count > opened[finding]
    ]
    alarms = Counter(alarming(events))
    found += [
        f"{finding} was an alarm {count} times and told {news[finding]} times"
        for finding, count in alarms.items()
        if news[finding] < count
    ]
    return found


def alarming(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the findings that were opened where nothing stood before: people are alarmed once a place."""
    standing: dict[str, tuple[str, ...]] = {}
    for _, group in groupby(events, lambda event: str(event["at"])):
        before = set(standing.values())
        for event in group:
            if event["type"] == "finding.opened":
                problem = event["data"]["problem"]
                place = (problem["rule"], problem["path"], problem["key"])
                standing[problem["id"]] = place
                if place not in before and problem["key"]:
                    yield problem["id"]
            elif event["type"] == "finding.closed":
                standing.pop(event["data"]["finding"], None)


def _change(world: World, rng: random.Random, number: int) -> None:
    """Let agents of everybody's push work that conflicts, or no longer does."""
    names = [f"agent-{index}" for index in range(3)]
    if number == 0:
        for name in names:
            world.git("push", "-q", "origin", f"origin/main:refs/heads/{name}")
    edits = world.root / "edits"
    if not edits.exists():
        world.git("clone", "-q", str(world.root / "remote.git"), "edits", cwd=world.root)
    name = rng.choice(names)
    world.git("fetch", "-q", cwd=edits)
    world.git("checkout", "-q", "--detach", f"origin/{name}", cwd=edits)
    text = (edits / "Cargo.toml").read_text().splitlines()
    key, version = rng.choice(("serde", "tokio")), rng.randrange(1, 6)
    lines = [f'{key} = "1.0.{version}"' if line.startswith(f"{key} ") else line for line in text]
    (edits / "Cargo.toml").write_text("\n".join(lines) + "\n")
    world.git("commit", "-q", "--allow-empty", "-am", f"{key} {version}", cwd=edits)
    world.git("push", "-q", "origin", f"HEAD:refs/heads/{name}", cwd=edits)
