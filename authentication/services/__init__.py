"""Everything that changes an account: one file a use case."""
