"""The language: templates, JSONPath, patterns, operators and schemas. Pure."""
