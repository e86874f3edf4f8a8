"""Long work: which kinds there are, and how one is driven to its end."""
