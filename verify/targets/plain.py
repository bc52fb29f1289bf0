"""The NumPy module for sequences of one length, which is run as it is."""

from __future__ import annotations

from verify.targets.target import Target

PLAIN = Target("numpy", "forward and backward", lambda module: module)
