"""`python -m cellsearch`, for where no script is installed."""

from cellsearch.cli import main

main()
