"""The whole service on one machine: what `kept up` runs.

Real servers, real processes, one command. Nothing in here is imported by the service itself, and
none of it is in a production install.
"""
