"""API journeys as pytest tests."""
