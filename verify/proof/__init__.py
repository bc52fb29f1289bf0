"""The proof checker: whether a claimed adjoint system is right for every length T and all sizes."""

from verify.proof.induction import Identity, Proof, prove

__all__ = ["Identity", "Proof", "prove"]
