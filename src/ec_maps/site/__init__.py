"""The pages of the Quarto site, and what builds them."""
