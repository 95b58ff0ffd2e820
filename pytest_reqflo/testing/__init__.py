"""Harness for people who extend the plugin."""
