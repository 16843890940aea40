"""The local service: wire format, access control, jobs, server, and the standard-library client."""
