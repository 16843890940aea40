"""What the runner and its clients agree on: how it is found, started and spoken to (docs/http.md).

Standard library only, Python 3.9, and relative imports: the installer lays this folder beside the GIMP plug-in, with
the modules above it that it imports.
"""

#: The protocol's number, in every message; one with another number is refused.
SCHEMA = 1
HEALTH = "/v1/health"
JOBS = "/v1/jobs"
#: Bytes of a message's first line at most. Chosen.
MAX_LINE = 1 << 16
