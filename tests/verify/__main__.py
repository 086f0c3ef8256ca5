"""``python -m tests.verify [WORD...]``: run the commands of the fixtures whose names hold one of the words, or of all.

Exit 0: everything is as stated (or was skipped, with the reason); 1: something is not; 2: there is no cargo.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.verify.proofs import CASES_WITH_STATEMENTS, label, prove
from tests.verify.record import table, write
from tests.verify.tools import ToolsMissingError, tools_for


def main(words: list[str]) -> int:
    """Verify, print the table, and write it where everything was asked for."""
    chosen = [case for case in CASES_WITH_STATEMENTS if not words or any(word in label(case) for word in words)]
    with tempfile.TemporaryDirectory(prefix="gatekeeper-verify-") as directory:
        scratch = Path(directory)
        try:
            tools = tools_for(scratch)
        except ToolsMissingError as error:
            sys.stderr.write(f"verify-rules: {error}\n")
            return 2
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            proofs = [row for rows in pool.map(lambda case: prove(case, tools, scratch), chosen) for row in rows]
    sys.stdout.write("\n".join((*table(proofs), "")))
    if not words:
        write(proofs, tools)
    wrong = [proof for proof in proofs if proof.verdict.startswith("not so")]
    skipped = sum(proof.verdict.startswith("skipped") for proof in proofs)
    sys.stdout.write(f"\n{len(proofs)} commands: {len(wrong)} not so, {skipped} skipped\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
