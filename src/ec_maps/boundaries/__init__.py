"""Boundaries and lookups of areas, from any source."""
