"""The local service: wire format, access control, jobs, server, and ``protocol``, which clients share."""
