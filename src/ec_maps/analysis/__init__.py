"""Tables that are made from the table of areas."""
