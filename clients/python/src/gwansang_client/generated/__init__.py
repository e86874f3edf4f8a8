"""What `make openapi` writes from the API document."""
