"""The simulated resource: its entities, its clock, its state at the start and its state file."""
