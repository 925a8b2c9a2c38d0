"""One module a picture, its words beside it."""
