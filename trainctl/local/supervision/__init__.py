"""A job's processes and who watches over them: a supervisor each, which outlives the engine by no second."""
