"""``python3 -m installer``: puts the program, the plug-in and the example on this user's machine, and takes them away.

Standard library only, Python 3.9 syntax: it must start on whatever Python a user has, even when only to say which one
is needed. Knows the other rooms as files and processes, never by import.
"""
