"""The page: static files that `web/` is built into, and what a browser needs to find a face by itself."""
