"""What a change removes or alters of what others may rely on, and who uses it."""
