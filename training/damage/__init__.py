"""Masks of missing parts for training and evaluation, drawn on the device for a whole batch at once. 1 = missing.

``registry`` knows every kind by name, ``mixture`` is what ``statueflow`` trains on, ``coverage`` measures; the command
``python -m training damage`` prints the table of ``docs/damage.md`` and draws one sheet of all kinds.
"""
