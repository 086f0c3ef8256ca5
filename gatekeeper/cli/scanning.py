"""What ``scan`` and ``check`` share: progress, printing, and the exit code."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.core.findings import Report
    from gatekeeper.core.names import Severity
    from gatekeeper.scanning import ScanRequest

_QUIET_SECONDS = 1.0
_SECONDS_BETWEEN = 0.1


class Progress:
    """One line on standard error that is rewritten; only on a terminal, and only when the work takes a while."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._next = monotonic() + _QUIET_SECONDS
        self._shown = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is, at most ten times a second."""
        now = monotonic()
        if not self._wanted or now < self._next:
            return
        self._next = now + _SECONDS_BETWEEN
        self._shown = True
        counted = f" {done:,} of {total:,}" if total else ""
        sys.stderr.write(f"\r\x1b[K{stage}{counted}")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away again."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def report_of(request: ScanRequest) -> Report:
    """Scan, with progress on standard error."""
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.reporting import full_report

    progress, collects = Progress(), gc.isenabled()
    gc.disable()
    try:
        report = full_report(request, now=now_utc(), progress=progress)
        # What a scan leaves lives as long as the process: to search it for garbage takes a tenth of a second, twice.
        gc.freeze()
        return report
    finally:
        progress.close()
        if collects:
            gc.enable()


def fail_on(chosen: Severity | None, report: Report, path: str) -> Severity:
    """Return from where on the exit code is 1: as chosen, else as ``gatekeeper.toml`` on trunk says."""
    if chosen is not None:
        return chosen
    from gatekeeper.cache import Cache
    from gatekeeper.repository import open_repository
    from gatekeeper.repository.discovery import Trunk
    from gatekeeper.trunk import settings_at

    # The scan has read them in this process already, so that no cache is needed.
    trunk = Trunk(report.trunk_ref, report.trunk_commit)
    return settings_at(open_repository(path), Cache(None), trunk).fail_on


def print_report(report: Report, output: str, *, everything: bool) -> None:
    """Print a report as text or JSON on standard output."""
    if output == "json":
        from gatekeeper.report.scan_json import scan_json

        sys.stdout.write(scan_json(report))
        return
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.report.page import Page
    from gatekeeper.report.text import write_report

    write_report(report, Page(sys.stdout), now=now_utc(), everything=everything)


def read_names(source: str) -> tuple[str, ...]:
    """Return the names in a file, one a line; ``-`` is standard input. Blank lines do not count."""
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the branch names in {source}: {error.strerror}") from error
    lines = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    return tuple(line for line in lines if line.strip())
