"""Somebody's own backward pass on trial, equation by equation: right, right in another convention, or wrong and where."""

from verify.claims.findings import Finding, Findings, Judgement
from verify.claims.judge import judge

__all__ = ["Finding", "Findings", "Judgement", "judge"]
