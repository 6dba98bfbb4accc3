"""A strict stand-in for GOV.UK Notify, for development, the demo and tests. See README.md."""
