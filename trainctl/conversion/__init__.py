"""What others wrote, as specs: jobs as services answer them, gcloud's files, REST bodies, jobs of the closed services.

What comes out is held against what went in: a spec of a kind stands for a request when it builds that very request.
"""
