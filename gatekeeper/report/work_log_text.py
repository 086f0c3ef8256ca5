"""An agent's work log, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.names import format_key
from gatekeeper.core.quantities import spoken_duration
from gatekeeper.report.compat_text import verdict, write_items

if TYPE_CHECKING:
    from gatekeeper.core.watch.work_log import FileWork, ManifestWork, Work, WorkLog
    from gatekeeper.report.page import Page

_COMMITS_SHOWN = 10
_FILES_SHOWN = 20
_NAMES_SHOWN = 8
_SHORT_OID = 10

_SAID = {
    "tasks_added": "tasks added",
    "tasks_changed": "tasks changed",
    "tasks_removed": "tasks removed",
    "env_vars_added": "environment added",
    "features_added": "features added",
    "features_changed": "features changed",
    "features_removed": "features removed",
    "profile_overrides": "profile settings added",
    "dependencies_added": "dependencies added",
    "dependencies_changed": "dependencies changed",
    "dependencies_removed": "dependencies removed",
    "members_added": "members added",
    "members_removed": "members removed",
    "packages_removed": "packages removed",
}


def write_work_log(log: WorkLog, page: Page, *, everything: bool = False) -> None:
    """Write the work log; without ``everything`` only the first commits and files."""
    subject = log.subject
    phase = f" · phase {subject.phase}" if subject.phase is not None else ""
    page.line((subject.agent, "bold"), f" on {_short_ref(subject.branch)} at {subject.head[:_SHORT_OID]}{phase}")
    if log.started_at is not None and log.ended_at is not None and log.duration is not None:
        started, ended = (f"{moment:%Y-%m-%d %H:%M}" for moment in (log.started_at, log.ended_at))
        page.line(f"{started} to {ended} UTC, {spoken_duration(log.duration)}")
    if not log.commits:
        page.line(("Nothing committed that trunk lacks.", "bold"))
    _commits(log, page, everything=everything)
    _work("Changed", log.committed, page, everything=everything)
    _compatibility(log, page, everything=everything)
    if log.uncommitted is not None:
        if log.uncommitted.files:
            _work("Not committed", log.uncommitted, page, everything=everything)
        else:
            page.blank()
            page.line("Everything is committed.")
    _checks(log, page)


def _commits(log: WorkLog, page: Page, *, everything: bool) -> None:
    if not log.commits:
        return
    page.blank()
    page.line((f"Commits ({len(log.commits)})", "bold"))
    shown = log.commits if everything else log.commits[-_COMMITS_SHOWN:]
    if len(shown) < len(log.commits):
        page.line((f"{len(log.commits) - len(shown)} earlier ones (--all)", "dim"), indent=2)
    for commit in shown:
        author = f"  {commit.author}" + (", a merge" if commit.is_merge else "")
        page.line((commit.oid[:_SHORT_OID], "dim"), f"  {commit.subject}", (author, "dim"), indent=2)


def _work(heading: str, work: Work, page: Page, *, everything: bool) -> None:
    if not work.files:
        return
    page.blank()
    count = f"{len(work.files)} {'file' if len(work.files) == 1 else 'files'}"
    page.line((f"{heading}: {count}, +{work.lines_added} -{work.lines_removed} lines", "bold"))
    shown = work.files if everything else work.files[:_FILES_SHOWN]
    for file in shown:
        page.line(_lines(file), f"  {_place(file)}", indent=2)
    if len(shown) < len(work.files):
        page.line((f"and {len(work.files) - len(shown)} more files (--all)", "dim"), indent=2)
    for manifest in work.manifests:
        _manifest(manifest, page, everything=everything)


def _lines(file: FileWork) -> str:
    if file.added is None or file.removed is None:
        return f"{'binary':>12}"
    return f"{f'+{file.added} -{file.removed}':>12}"


def _place(file: FileWork | ManifestWork) -> str:
    if file.renamed_from is not None:
        return f"{file.path} (was {file.renamed_from})"
    return file.path if file.status == "changed" else f"{file.path} ({file.status})"


def _manifest(manifest: ManifestWork, page: Page, *, everything: bool) -> None:
    page.blank()
    page.line((_place(manifest), "bold"))
    if manifest.problem is not None:
        page.line((f"its keys are not known: {manifest.problem}", "yellow"), indent=2)
        return
    if not manifest.changes:
        page.line(("the values are the same; only comments, order or spelling differ", "dim"), indent=2)
    most = len(manifest.changes) if everything else _NAMES_SHOWN
    for kind in _KINDS:
        keys = [format_key(change.key) for change in manifest.changes if change.kind == kind]
        if keys:
            page.line(f"keys {kind}: {page.list_of(keys, at_most=most)}", indent=2)
    for name, entries in manifest.summary.rows():
        page.line(f"{_SAID[name]}: {page.list_of(entries, at_most=max(most, _NAMES_SHOWN))}", indent=2)


_KINDS = ("added", "removed", "changed")


def _compatibility(log: WorkLog, page: Page, *, everything: bool) -> None:
    found = log.compatibility
    if found is None or not log.committed.files:
        return
    page.blank()
    page.line((verdict(found), "bold"))
    write_items(found, (), page, everything=everything)


def _checks(log: WorkLog, page: Page) -> None:
    if log.verification:
        page.blank()
        page.line(("Verified", "bold"))
    for check in log.verification:
        page.line(f"{check.outcome:<12}  {check.name}" + (f": {check.detail}" if check.detail else ""), indent=2)
    if log.evidence:
        page.blank()
        page.line(("Evidence: ", "bold"), page.list_of(log.evidence))


def _short_ref(ref: str) -> str:
    for prefix in ("refs/heads/", "refs/remotes/", "refs/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref
