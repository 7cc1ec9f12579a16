"""The transcriptions, a file per family of cells."""

import pkgutil
from importlib import import_module
from inspect import getmembers, isfunction


def transcriptions():
    """Every public function of this folder's modules, by name: the cell that it transcribes."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for name, step in getmembers(module, isfunction):
            if step.__module__ == module.__name__ and not name.startswith("_"):
                assert name not in found, f"{name} is transcribed twice"
                found[name] = step
    return found
