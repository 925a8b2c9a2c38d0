"""Maps of economic connectedness."""
