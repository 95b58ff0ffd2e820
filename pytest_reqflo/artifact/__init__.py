"""Artifacts: the compiled journey as data, its bytes, its store, and how two of them differ."""
