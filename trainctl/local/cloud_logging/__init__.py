"""Cloud Logging v2, as far as logs of jobs go: entries, found by filters."""
