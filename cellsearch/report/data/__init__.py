"""What the journal and its sidecars hold, as frames and small tuples, for tables and figures."""
