"""Alerts: what rules see in the facts they are told, how long it lasts, and who was told of it.

Whoever knows something registers it (`registry`); one process at a time has the rules look at it (`evaluating`). What
people are to be told is left as notices for each channel (`announcing`), and any process sends them (`sending`).
"""
