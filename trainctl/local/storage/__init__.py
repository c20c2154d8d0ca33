"""Cloud Storage: buckets as folders, objects as files."""
