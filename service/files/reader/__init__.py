"""The sandboxed reader: reads a file that somebody else made, and can do nothing else.

It runs as a process of its own (`python -I -m service.files.reader`), without network, database, key or
environment. It imports nothing of ours but itself, and speaks JSON lines (`__main__`).
"""
