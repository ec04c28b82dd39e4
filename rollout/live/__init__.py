"""The live document: everything that an operator sees, in one snapshot, and its history."""
