"""Devices that behave as real ones do, and what must be in the tables afterwards.

Nothing here reads a record with the project's own parser: what is expected follows from what a device meant.
"""
