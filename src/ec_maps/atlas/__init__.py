"""The UK Social Capital Atlas: its archives, and the CSV in them that holds a measure."""
