"""What decides which trial comes next."""
