"""The text of an inline table, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatekeeper.core.splicing.array_text import ArrayText, Entry
from gatekeeper.core.toml_scan import Statement, inline_pairs


@dataclass(frozen=True, slots=True)
class TableText:
    """A table as text, with the places of its pairs. Since TOML 1.1 it may stand on several lines."""

    raw: str
    pairs: tuple[Statement, ...]

    @classmethod
    def of(cls, raw: str) -> TableText:
        """Return the table that ``raw`` spells; one without pairs if it spells something else."""
        return cls(raw, tuple(inline_pairs(raw, 0, len(raw))) if raw.startswith("{") else ())

    def filled(self, kept: Sequence[str | None], new: Sequence[str]) -> str:
        """Return the table with its pairs as they have to be (None: gone), and ``new`` ones behind them."""
        there = [text for text in kept if text is not None] + list(new)
        if not there:
            return "{}"
        if not self.pairs or "\n" not in self.raw:
            padding = self._padding
            return f"{{{padding}{', '.join(there)}{padding}}}"
        return self._on_several_lines(kept, new)

    def _on_several_lines(self, kept: Sequence[str | None], new: Sequence[str]) -> str:
        """Leave each pair its comments: those above it, and the one behind it on its line."""
        spans = [(pair.start, pair.end) for pair in self.pairs]
        table = ArrayText.cut(self.raw, spans, [pair.parts for pair in self.pairs])
        entries = [
            replace(entry, text=text + entry.text[pair.end - pair.start :])
            for entry, pair, text in zip(table.entries, self.pairs, kept, strict=True)
            if text is not None
        ]
        first = table.entries[0].lead
        line = first[: first.index("\n") + 1] + first.rpartition("\n")[2] if "\n" in first else " "
        entries += [Entry(text, line, text) for text in new]
        if entries[-1].after and "\n" not in table.closing:
            table = replace(table, closing="\n")
        return f"{{{str(replace(table, entries=tuple(entries)))[1:-1]}}}"

    @property
    def _padding(self) -> str:
        return "" if self.raw.startswith("{") and self.raw[1:2] not in {" ", "}"} else " "
