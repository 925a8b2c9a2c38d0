"""The maps and figures: one module each, with its caption and alternative text."""
