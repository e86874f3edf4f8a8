"""Images in, faces out. Knows neither web nor database."""
