"""`python -m cellsearch.cli`, for where no script is installed."""

from cellsearch.cli import main

main()
