"""``make verify-rules``: what the rules say of cargo and cargo-make, held against cargo and cargo-make."""
