"""The module in functions of the array API standard: floats go through array-api-strict where that is installed, all else through NumPy's arrays."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from verify.numbers.text import Namespace
from verify.targets.target import Arrays, Target, told_steps, with_passes


class _Standard:
    """The names of the standard for NumPy's arrays of any numbers; functions that another namespace has of its own are that one's.

    Args:
        own: stands where an emitted text says `np`.
    """

    def __init__(self, own: Any) -> None:
        self.own, self.standard = own, import_module("array_api_compat.numpy")

    def __getattr__(self, name: str) -> Any:
        is_own = name in vars(self.own) or name in vars(type(self.own))
        return getattr(self.own if is_own and not isinstance(self.own, ModuleType) else self.standard, name)

    @staticmethod
    def abs(array: Any) -> Any:
        """The absolute value, continued beside the real axis, where the complex step goes."""
        return np.where(array.real < 0, -array, array) if np.iscomplexobj(array) else np.abs(array)

    @staticmethod
    def sign(array: Any) -> Any:
        """-1, 0 or 1, likewise."""
        return Namespace.sign(array.real if np.iscomplexobj(array) else array).astype(array.dtype)

    @staticmethod
    def isdtype(dtype: Any, kind: Any) -> bool:
        """All numbers pass for real floating ones."""
        return True


def _is_float(array: Any) -> bool:
    return bool(np.issubdtype(array.dtype, np.floating))


def _as_standard(module: ModuleType) -> ModuleType:
    known, strict = module.__dict__["array_namespace"], import_module("array_api_strict") if find_spec("array_api_strict") else None
    others = _Standard(module.__dict__["np"])

    def namespace(*arrays: Any) -> Any:
        return others if any(isinstance(each, np.ndarray) and not _is_float(each) for each in arrays) else known(*arrays)

    module.__dict__["array_namespace"] = namespace

    def theirs(*groups: Arrays) -> list[Arrays]:
        """The arrays as those of the standard; of NumPy and one dtype, where some hold other numbers than floats."""
        if strict is not None and all(_is_float(each) for group in groups for each in group.values()):
            return [{name: strict.asarray(each) for name, each in group.items()} for group in groups]
        dtype = np.result_type(*(each for group in groups for each in group.values()))
        return [{name: each.astype(dtype) for name, each in group.items()} for group in groups]

    def ours(group: Arrays) -> Arrays:
        return {name: np.asarray(each) for name, each in group.items()}

    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        outputs, tape = module.forward(*theirs(params, inputs, initial or {}), **told_steps(module.forward, steps))
        return ours(outputs), tape

    def backward(params: Arrays, tape: Any, output_gradients: Arrays, **others: Arrays) -> Any:
        final = {name: theirs(each)[0] for name, each in others.items()}
        return module.Gradients(*map(ours, module.backward(theirs(params)[0], tape, theirs(output_gradients)[0], **final)))

    return with_passes(module, forward, backward)


ARRAY_API = Target("array_api", "arrays of the standard", _as_standard, {"target": "array_api"})
