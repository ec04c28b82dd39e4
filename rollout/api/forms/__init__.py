"""What may stand in the body or query of a request."""
