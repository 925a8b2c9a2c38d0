"""The table of areas: values, deciles and outlines, how they joined, and where they come from."""
