"""The rules that no command can show, and why."""

from __future__ import annotations

from collections.abc import Mapping

UNPROVEN: Mapping[str, str] = {
    "edit-outside-scope": "It is about what one agent may edit, of which no tool but this one knows.",
    "target-dir-shared-by-two-agents": (
        "It is about two worktrees that build at the same time, and the merge of both sides is one tree."
    ),
    "toml-invalid-on-one-side": (
        "It is about one change. On that side alone the tools say what they say on the merge, if git merges it at all."
    ),
}
