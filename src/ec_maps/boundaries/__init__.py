"""Outlines and lookups of areas, whoever they come from."""
