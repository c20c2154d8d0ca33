"""Logs of jobs as files: written, kept short, and read from any moment on."""
