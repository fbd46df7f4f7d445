"""Usher's benchmark: a real broker, a real database, the real worker, and a provider that costs next to nothing."""
