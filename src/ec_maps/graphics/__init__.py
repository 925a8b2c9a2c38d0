"""Drawing that knows no particular map."""
