"""A demonstration: simulated devices are migrated, something breaks twice, and the guardrails answer, within minutes.

Its parts are those of a drill.
"""
