"""What wins: an artifact, a request and an environment become the plan of one run."""
