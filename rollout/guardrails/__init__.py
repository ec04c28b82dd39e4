"""Whether a migration may go on: pure rules over evidence, no Django, no clock, no I/O."""
