"""From the plan and the trials to one class for every variant, and the words for it."""
