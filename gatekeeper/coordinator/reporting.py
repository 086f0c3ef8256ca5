"""A scan's report with what the ledger says to it; where there is no ledger, nothing of one is loaded."""

from __future__ import annotations

from datetime import datetime

from gatekeeper.core.findings import Report
from gatekeeper.repository import open_repository
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.scanning.run import has_ledger, scan_with_settings


def full_report(request: ScanRequest, *, now: datetime, progress: Progress | None = None) -> Report:
    """Scan, and add what the ledger knows; raises GatekeeperError."""
    report, settings = scan_with_settings(request, progress=progress)
    repository = open_repository(request.path)
    if not has_ledger(repository):
        return report
    from gatekeeper.coordinator.annotating import annotated  # noqa: PLC0415 - a hook's whole run is mostly imports

    return annotated(report, request, repository, settings, now=now)
