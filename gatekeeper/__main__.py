"""``python -m gatekeeper``."""

from __future__ import annotations

from gatekeeper.cli.main import main

if __name__ == "__main__":
    main()
