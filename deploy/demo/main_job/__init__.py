"""The main job from end to end, as `kept run` and the demo do it: only HTTP, to a service that runs.

It uses what anybody may use: the public and the staff JSON API, the demo issuer's tokens, and the
inboxes of the Notify stand-in. Nothing that it says, not even an error, holds a person's details: people
are lines of a file here.
"""
