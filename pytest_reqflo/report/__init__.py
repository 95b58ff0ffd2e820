"""Views of results: one pure `render` per output."""
