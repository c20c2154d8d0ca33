"""Vertex AI v1: its collections, what each does, and training pipelines."""
