"""One poll: read, decide, record, act, record. What decides is pure and lies in the core."""
