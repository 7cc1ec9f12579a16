"""The lab bench for recurrent cells."""
