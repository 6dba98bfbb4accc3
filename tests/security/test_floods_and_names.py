"""Checks 33 and 34: a flood of one address, and texts that try to get into a message; from outside."""
