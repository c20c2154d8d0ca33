"""Custom jobs from the request to their end: admitted, queued, run, ended."""
