"""Deterministic simulation: the real accept, consumer and writer code under seeded schedules of faults and kills.

docs/simulation.md says what is simulated and how a seed is replayed.
"""
