"""The demo's sign-in: a small OpenID Connect issuer with made-up people and no passwords.

It serves on loopback alone and stands where a department has its own identity provider. Nothing in
`service` or `workers` knows of it: they know an issuer's URL.
"""
