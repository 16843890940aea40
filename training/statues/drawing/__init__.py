"""Seed -> description."""
