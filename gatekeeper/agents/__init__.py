"""The workplaces of agents on disk and in git: planned, made, adopted, archived and removed (R-30, R-04).

Nothing is recorded here. Each step can be killed and is then completed, or taken back, by calling it again.
"""

from __future__ import annotations

from gatekeeper.agents.adopting import find_existing
from gatekeeper.agents.archiving import archive
from gatekeeper.agents.making import create
from gatekeeper.agents.obstacles import obstacles
from gatekeeper.agents.planning import plan
from gatekeeper.agents.removing import abandon, remove

__all__ = ["abandon", "archive", "create", "find_existing", "obstacles", "plan", "remove"]
