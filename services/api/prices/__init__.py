"""The price book over the API: read, changed, what it covers, what it would change."""
