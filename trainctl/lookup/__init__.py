"""Finding jobs: by reference, by list and selection, again and again for a watch."""
