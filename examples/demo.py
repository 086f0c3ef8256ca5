"""Let a swarm of ten agents work on an example repository: what meets is integrated, ruled on, or halted and resumed.

    python examples/demo.py [--keep DIR]     # or: make demo

The workspace in ``examples/workspace`` with the settings in ``examples/build-swarm`` becomes trunk, and everybody gets
a key. Then the plan is played as docs/swarm.md tells it, by the real commands. Exit 0 when each of them does what it
should, nothing is left open, and the ledger can be replayed. Where nobody can sign, the first look is shown instead.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import first_look
from fleet import Fleet, hermetic_environment, workplace
from people import People, can_sign
from story import tell
from swarm import FOUNDATION, IMPLEMENTATION

CONCLUSION = """
All five have landed; nobody had to settle a conflict by hand. The worst of them git would have merged in silence."""


def main() -> int:
    """Build the swarm, tell the story, and say whether it came as it should."""
    parser = argparse.ArgumentParser(description="Play the plan of a swarm in an example repository.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="build in DIR and leave it there")
    keep = parser.parse_args().keep
    if not can_sign():
        print("demo: there is no ssh-keygen, so nobody can rule or approve: this is the first look", file=sys.stderr)
        return first_look.main()
    with workplace(keep) as root:
        agents = [agent.name for agent in (*FOUNDATION, *IMPLEMENTATION)]
        fleet = Fleet(root, hermetic_environment(root), People.with_new_keys(root / "keys", agents))
        fleet.build_trunk("build-swarm")
        wrong = list(tell(fleet))
        for line in wrong:
            print(f"demo: {line}", file=sys.stderr)
        if not wrong:
            print(CONCLUSION)
        if keep is not None:
            print(f"The repository is in {fleet.repository}, the agents are in {root / 'agents'}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
