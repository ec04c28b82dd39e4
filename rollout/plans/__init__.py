"""Plans: what they are, and the only functions that change their status."""
