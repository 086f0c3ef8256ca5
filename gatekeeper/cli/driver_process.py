"""The merge driver as the process that git waits for: without click, which takes longer to load than a merge takes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gatekeeper.errors import GatekeeperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.merge import Versions

_FAILED = 70


def main() -> None:
    """Do what the script of ``gatekeeper.merging.wrapper`` asks for, and exit with 0 or 1 if there is a file of it."""
    try:
        limit, versions, output, *others = sys.argv[1:]
        labels, (*files, size, path) = others[:3], others[3:]
        is_clean = answer(
            [Path(file) for file in files],
            Path(output),
            path=path,
            marker_size=int(size),
            labels=labels,
            limit=float(limit),
            versions=cast("Versions", versions),
        )
    except (GatekeeperError, OSError) as error:
        _say(f"gatekeeper: {error}")
        sys.exit(_FAILED)
    sys.exit(0 if is_clean else 1)


def answer(
    files: Sequence[Path],
    output: Path,
    *,
    path: str,
    marker_size: int,
    labels: Sequence[str],
    limit: float,
    versions: Versions,
) -> bool:
    """Merge base, ours and theirs into ``output``, within ``limit`` seconds; return whether nothing conflicts."""
    if sys.platform != "win32":
        # What hangs may not be Python: the signal's own action ends it.
        signal.setitimer(signal.ITIMER_REAL, limit)
    from gatekeeper.merging.driver import Merge, drive
    from gatekeeper.merging.files import read, replace

    base, ours, theirs = map(read, files)
    of_base, of_ours, of_theirs = labels
    done = drive(Merge(base, ours, theirs, path, marker_size, (of_ours, of_base, of_theirs), versions))
    for line in done.said:
        _say(line)
    # The last thing that can fail: whoever finds the file knows that the exit code is the merge's.
    replace(output, done.text)
    return done.clean


def _say(line: str) -> None:
    from gatekeeper.core.safe_text import safe

    sys.stderr.write(f"{safe(line)}\n")
