"""How figures look, and those that several sections share."""
