"""AutoML Vision v1: a view of datasets, pipelines and models of Vertex AI's kind, kept at places of their own."""
