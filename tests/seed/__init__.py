"""A made-up installation to look at: deterministic, through the product's own code."""
