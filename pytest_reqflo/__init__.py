"""API journeys as pytest tests.

PYTEST_DONT_REWRITE: `reqflo run` starts pytest after importing this package, which has no asserts to
rewrite; without this word pytest would warn about that in every installed copy.
"""
