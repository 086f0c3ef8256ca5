"""The text of an inline table, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        """Leave what stands between the pairs, comments included, where it is."""
        first, last = self.pairs[0], self.pairs[-1]
        opening, closing = self.raw[: first.start], self.raw[last.end :]
        gaps = [self.raw[one.end : other.start] for one, other in zip(self.pairs, self.pairs[1:], strict=False)]
        text, behind = opening, ""
        for number, pair in enumerate(kept):
            if pair is not None:
                text += behind + pair
                behind = gaps[number] if number < len(gaps) else ""
        between = "," + opening[1:] if "\n" in opening else ", "
        for pair in new:
            text += (between if text != opening else "") + pair
        return text + closing

    @property
    def _padding(self) -> str:
        return "" if self.raw.startswith("{") and self.raw[1:2] not in {" ", "}"} else " "
