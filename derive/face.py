"""The face of a package: its public names, each imported from the module that has it when it is first used.

    __getattr__, __dir__ = face(__name__, {"cell": "derive.network.load"}, __all__)

`dir` and `help` show the public names and nothing else; a name that is not there is an AttributeError, to which Python adds the nearest one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def face(package: str, homes: Mapping[str, str], public: Collection[str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a package.

    Args:
        package: its name.
        homes: by public name, the module and the name in it, with a dot between them.
        public: the names that are shown, those that the package defines itself among them.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"{package} has no {name}", name=name, obj=sys.modules[package])
        home, _, there = homes[name].rpartition(".")
        return getattr(import_module(home), there)

    def names() -> list[str]:
        return sorted(public)

    return get, names
