"""The program that predicts over files; it runs in the model's own environment and knows nothing of the engine."""
