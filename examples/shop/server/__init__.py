"""The example application: an `accounts` and a `shop` service over one SQLite file."""
