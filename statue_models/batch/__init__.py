"""Many photographs: what is to be done, by which processes or machines, what has been done, and what to tell of it."""
