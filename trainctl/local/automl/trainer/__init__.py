"""What AutoML jobs of the engine run, in an environment of their own. The engine packs these files and imports none."""
