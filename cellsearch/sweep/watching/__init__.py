"""How a sweep stands: for who runs it, and for who asks from elsewhere."""
