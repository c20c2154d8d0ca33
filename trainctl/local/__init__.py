"""The local engine: a program of its own that serves Google's REST APIs on loopback and really runs the jobs."""
