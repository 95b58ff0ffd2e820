"""All code that touches pytest, imported when the first journey is met."""
