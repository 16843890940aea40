"""What is measured, on which cases, against which baselines; ``python -m training evaluate`` writes the tables.

Three suites of faces that fill small pictures (``suites``), and one of whole photographs at their own size: ``native``.
"""
