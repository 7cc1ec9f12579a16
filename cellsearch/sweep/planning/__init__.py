"""From a sweep file to a frozen plan: what is meant, what it costs, whether it can be."""
