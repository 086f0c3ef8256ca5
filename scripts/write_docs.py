"""Write the parts of the documentation that come from the program itself: ``make docs``.

``docs/rules.md``, the pages in ``docs/rules`` (``rule_pages.py``) and the JSON Schema of ``gatekeeper.toml`` are
written whole. In other pages what stands between ``<!-- make docs: NAME -->`` and ``<!-- end -->`` is replaced by what
``BLOCKS[NAME]`` returns. Commit ids and times change nothing: a block that is otherwise the same stays as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from gatekeeper.cli.group import EXIT_CODE_HELP
from gatekeeper.config.published_schema import schema_text
from gatekeeper.core.rules.registry import listed_rules
from gatekeeper.report.agents import AgentsDocument, ChangeDocument
from gatekeeper.report.approvals import ApprovalsDocument
from gatekeeper.report.baseline_json import BaselineDocument
from gatekeeper.report.baselines import BaselinesDocument
from gatekeeper.report.brief import BriefDocument
from gatekeeper.report.catalogue import RulesDocument
from gatekeeper.report.claims import ClaimsDocument
from gatekeeper.report.compat_json import CompatDocument
from gatekeeper.report.config_report import ConfigCheckDocument, SettingsDocument
from gatekeeper.report.diff_json import DiffDocument
from gatekeeper.report.drill import DrillDocument
from gatekeeper.report.duplicates import DuplicatesDocument
from gatekeeper.report.escalations import EscalationsDocument
from gatekeeper.report.integration import IntegrationDocument
from gatekeeper.report.log import LogDocument, VerifyDocument
from gatekeeper.report.memory import MemoryDocument
from gatekeeper.report.phases import PhasesDocument
from gatekeeper.report.poll import PollDocument
from gatekeeper.report.quarantines import QuarantinesDocument
from gatekeeper.report.scan_schema import ScanDocument
from gatekeeper.report.schedule_json import ScheduleDocument
from gatekeeper.report.status import StatusDocument
from gatekeeper.report.sync import ArchiveDocument, SyncDocument
from gatekeeper.report.waivers import WaiversDocument
from gatekeeper.report.work_log_json import EvidenceDocument
from scripts import ledger_pages, rule_pages

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "rules.md"
RULE_PAGES = ROOT / "docs" / "rules"
CONFIG_SCHEMA = ROOT / "docs" / "gatekeeper.schema.json"
_BLOCK = re.compile(r"(<!-- make docs: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_VOLATILE = re.compile(
    r"""\b\d+\.\d\d\ s\b                                        # how long it took
    | \b[0-9a-f]{10}\b | \b[0-9a-f]{24}\b                   # commits; events, notices and claims
    | \bclaim-touched\ .*\n.*\ id\ [0-9a-f]{12}\b           # a finding that is of a claim
    | \b(at|to)\ [0-9a-f]{12}\b                             # commits where they are told at more length
    | \b\d{4}-\d\d-\d\d\ \d\d:\d\d(:\d\d)?(Z|\ UTC\b)  # a moment of this run, and one to come
    | \b(until|since)\s+\d\d:\d\d\s+UTC\b
    | \bjust\ now\b | \b\d+\ min\ ago\b""",
    re.VERBOSE,
)


def demo() -> str:
    """Return what ``make demo`` prints."""
    return _fenced("$ make demo\n" + _printed("examples/demo.py"))


def scan() -> str:
    """Return what a scan of the first look's repository prints."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory, "look")
        _printed("examples/first_look.py", "--keep", str(place))
        return _fenced("$ gatekeeper scan\n" + _printed("-m", "gatekeeper", "scan", cwd=place / "quarry", codes={1}))


def _printed(*arguments: str, cwd: Path = ROOT, codes: Container[int] = frozenset({0})) -> str:
    """Run Python, without what a user has set, and return what it prints."""
    own = {"PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=kept | own, stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    if done.returncode not in codes:
        raise SystemExit(f"python {' '.join(arguments)} exits with {done.returncode}")
    return done.stdout


def exit_codes() -> str:
    """Return the exit codes as ``gatekeeper --help`` lists them."""
    lines = EXIT_CODE_HELP.replace("\b", "").strip().splitlines()[1:]
    return _fenced("\n".join(line[2:] for line in lines))


def _fenced(text: str) -> str:
    lines = (line.rstrip() for line in text.strip("\n").split("\n"))
    return "\n".join(("```text", *lines, "```", ""))


def fields_of(document: type) -> Callable[[], str]:
    """Return a function that describes a JSON document, class by class."""

    def describe() -> str:
        schema = TypeAdapter(document).json_schema(mode="serialization")
        classes = {document.__name__: schema} | schema.get("$defs", {})
        return "\n".join(line for name, described in _outermost_first(classes) for line in _table(name, described))

    return describe


def _outermost_first(classes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each class after those that refer to it, in the order of their fields."""
    waiting, seen = [next(iter(classes))], set()
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.add(name)
            yield name, classes[name]
            waiting += re.findall(r"'#/\$defs/(\w+)'", str(classes[name]["properties"]))


def _table(name: str, described: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"#### {_spoken(name)}", "", _prose(described), "")
    yield from ("| field | type | |", "|---|---|---|")
    for field, shape in described["properties"].items():
        yield f"| `{field}` | {_type(shape)} | {_prose(shape)} |"
    yield ""


def _prose(described: Mapping[str, Any]) -> str:
    return str(described.get("description", "")).replace("``", "`")


def _spoken(name: str) -> str:
    return name.removesuffix("Document").lower()


def _type(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        name = _spoken(shape["$ref"].rpartition("/")[2])
        return f"[{name}](#{name})"
    if "anyOf" in shape:
        return " or ".join(map(_type, shape["anyOf"]))
    if "const" in shape:
        return f'`"{shape["const"]}"`'
    if "enum" in shape:
        return ", ".join(f'`"{value}"`' for value in shape["enum"])
    if shape.get("type") == "array":
        return f"list of {_type(shape['items'])}"
    return str(shape.get("type", "any"))


BLOCKS: Mapping[str, Callable[[], str]] = {
    "demo": demo,
    "scan": scan,
    "exit-codes": exit_codes,
    "event-types": ledger_pages.event_types,
    "scan-fields": fields_of(ScanDocument),
    "poll-fields": fields_of(PollDocument),
    "status-fields": fields_of(StatusDocument),
    "log-fields": fields_of(LogDocument),
    "agents-fields": fields_of(AgentsDocument),
    "agent-fields": fields_of(ChangeDocument),
    "phase-fields": fields_of(PhasesDocument),
    "diff-fields": fields_of(DiffDocument),
    "drill-fields": fields_of(DrillDocument),
    "duplicates-fields": fields_of(DuplicatesDocument),
    "compat-fields": fields_of(CompatDocument),
    "integration-fields": fields_of(IntegrationDocument),
    "evidence-fields": fields_of(EvidenceDocument),
    "rules-fields": fields_of(RulesDocument),
    "log-verify-fields": fields_of(VerifyDocument),
    "sync-fields": fields_of(SyncDocument),
    "archive-fields": fields_of(ArchiveDocument),
    "memory-fields": fields_of(MemoryDocument),
    "claims-fields": fields_of(ClaimsDocument),
    "waivers-fields": fields_of(WaiversDocument),
    "escalations-fields": fields_of(EscalationsDocument),
    "approvals-fields": fields_of(ApprovalsDocument),
    "quarantines-fields": fields_of(QuarantinesDocument),
    "baselines-fields": fields_of(BaselinesDocument),
    "baseline-fields": fields_of(BaselineDocument),
    "brief-fields": fields_of(BriefDocument),
    "schedule-fields": fields_of(ScheduleDocument),
    "config-check-fields": fields_of(ConfigCheckDocument),
    "config-fields": fields_of(SettingsDocument),
}


def steady(text: str) -> str:
    """Return ``text`` without what differs from run to run."""
    return _VOLATILE.sub("…", text)


def current(path: Path) -> str:
    """Return what a page should hold; parts that differ only in what is volatile stay as they are."""
    rules = {RULE_PAGES / f"{rule.info.id}.md": rule.info for rule in listed_rules()}
    if path == RULES:
        return rule_pages.index(list(rules.values()))
    if path == CONFIG_SCHEMA:
        return schema_text()
    if path in rules:
        return rule_pages.page(rules[path])
    return _BLOCK.sub(_block, path.read_text(encoding="utf-8"))


def _block(found: re.Match[str]) -> str:
    fresh = found[1] + BLOCKS[found[2]]() + found[3]
    return found[0] if steady(found[0]) == steady(fresh) else fresh


def pages() -> list[Path]:
    """Return the pages that hold something to write."""
    marked = [path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))) if path != RULES]
    one_each = [RULE_PAGES / f"{rule.info.id}.md" for rule in listed_rules()]
    return [
        RULES,
        CONFIG_SCHEMA,
        *one_each,
        *(path for path in marked if _BLOCK.search(path.read_text(encoding="utf-8"))),
    ]


def left_over() -> list[Path]:
    """Return the pages of rules that are no more."""
    return sorted(set(RULE_PAGES.glob("*.md")) - set(pages()))


def main() -> None:
    """Bring all pages up to date, and name those that were not."""
    RULE_PAGES.mkdir(parents=True, exist_ok=True)
    for path in left_over():
        path.unlink()
        sys.stdout.write(f"removed {path.relative_to(ROOT)}\n")
    for path in pages():
        text = current(path)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
