"""trainctl: training jobs from YAML specs, on Vertex AI and on this machine."""

__version__ = "0.1.0"
