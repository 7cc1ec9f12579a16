"""Corpora that come with the package: a module each, that defines `CORPUS`.

The corpus's name is the module's, with hyphens for underscores.
"""
