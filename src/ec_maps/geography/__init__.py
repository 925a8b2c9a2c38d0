"""Codes and names of areas, from shipped tables only."""
