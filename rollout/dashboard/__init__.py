"""The dashboard, `/stream_monitor/`: the live document drawn for people, and the ways to act on it."""
