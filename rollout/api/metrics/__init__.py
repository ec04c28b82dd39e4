"""The answer of `GET metrics`: what both paths did, in whole and over time."""
