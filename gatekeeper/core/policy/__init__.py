"""What follows from findings: who goes on, who integrates, who pauses, when a phase halts. Pure."""
