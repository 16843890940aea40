"""Feature networks that losses and metrics compare pictures in."""
