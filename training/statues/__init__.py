"""The statue factory: rendered stone heads with exact landmarks, damaged and intact (``docs/statue-factory.md``)."""
