"""The tuning: what is tried for each variant, what goes on, and what is chosen in the end."""
