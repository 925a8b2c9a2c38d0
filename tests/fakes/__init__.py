"""Servers on this machine that behave like the real hosts, down to their faults.

They are real HTTP servers on loopback: HDX with its storage host, the ONS map services, the file of neighbourhood names
and map tiles. Each fault has a name and can be switched on while the server runs; see :mod:`.server` for how.
"""
