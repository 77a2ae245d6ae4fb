"""Everything on one machine, for a first look, for tests and for the bench: never for production."""
