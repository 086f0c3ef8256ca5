"""Words as cron and systemd read them, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UsageError
from gatekeeper.scheduling import cron, systemd
from tests.cli.schedules import as_cron_runs


@given(st.text(st.sampled_from("a %\\'\"$`\n;#é\t!*~"), max_size=12).filter(lambda text: not text.endswith("\n")))
def test_any_word_is_that_word_to_cron_and_its_shell(text: str) -> None:
    assert as_cron_runs(cron.word(text), "%s ") == text


def test_what_systemd_cannot_hold() -> None:
    assert systemd.word("plain") == "plain"
    assert systemd.word("") == '""'
    assert systemd.word("it's $5 100%\n\"\\") == '"it\'s $$5 100%%\\x0a\\"\\\\"'
    with pytest.raises(UsageError, match="UTF-8"):
        systemd.word("\udcff")
