"""One module for each thing that the API shows or changes."""
