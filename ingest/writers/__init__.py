"""How records become rows: one module a kind. Both paths, the fallback, replay and repair write through these.

Lock order, the same for every writer: health, day, week, device history, device, event, alert, dead letter.
"""
