"""The engines: effects become outcomes. All I/O of a run happens here."""
