"""Dependencies of endpoints: services, query parameters, and callers with their rate limits."""
