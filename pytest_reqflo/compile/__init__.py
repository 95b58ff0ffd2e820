"""A journey and its library become an artifact; the static part of the Run check."""
