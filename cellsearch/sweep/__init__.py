"""The sweep: what a study plans, what of it is left, who does it, and the driver."""
