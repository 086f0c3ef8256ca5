"""The standing watch: what follows from a look at the fleet, given what the ledger knows already."""
