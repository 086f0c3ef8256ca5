"""A drill: conflicts planted in a scratch clone, to see that the standing watch catches them."""
