"""The record of everything that was observed, said and decided: events, and the state that they amount to."""
