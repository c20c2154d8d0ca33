"""AI Platform Training and Prediction (`ml.googleapis.com` v1) on this machine: `projects.jobs`.

A job is a resource of its own; custom jobs, or a tuning job with its trials, do its work, as they do for pipelines.
"""
