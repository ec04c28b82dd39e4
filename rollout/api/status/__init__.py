"""The answer of `GET status`: parts with different sources, each honest when its own is away."""
