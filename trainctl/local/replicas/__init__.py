"""What runs in a job's replicas, and what it is told: programs in virtual environments, and containers."""
