"""Files that are whole or not there, locks that end with their holder, and room for the day when the disk is full."""
