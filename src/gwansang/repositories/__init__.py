"""All queries of the product, by name."""
