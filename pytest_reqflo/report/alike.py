"""Which failures count as the same one, in every report that tells equal failures once. Pure."""

from __future__ import annotations


def alike_key(fingerprint: str, journey: str, sentence: str) -> str:
    """Return a text that is equal for failures of the same kind.

    Shape: what fails before a step has no fingerprint; the sentence that is told of it names no row.
    """
    return fingerprint or f"{journey}\n{sentence}"
