"""The text of files, and the models of their formats: the rooms of yaml and pydantic."""
