"""Tuning jobs: trials suggested, run side by side, measured, ended early, and remembered across a crash."""
