"""One scan of a repository: who is there, who meets whom, what git and the rules say."""

from __future__ import annotations

from gatekeeper.scanning.request import ScanRequest
from gatekeeper.scanning.run import scan

__all__ = ["ScanRequest", "scan"]
