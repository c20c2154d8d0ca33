"""What trainctl costs, beside what no program can go below: `python -m tests.benchmarks` from the top of the tree.

Everything is measured in one run, taking turns, so that a busy or slow machine slows all alike; what carries over to
other machines are the ratios.
"""
