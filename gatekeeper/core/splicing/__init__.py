"""Texts of TOML documents taken apart without loss, and put together again with other values in them."""
