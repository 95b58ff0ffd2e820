"""The interpreter: two generators of effects. No I/O, no clock, no randomness."""
