"""Alerts, silences, channels and deliveries in the admin."""
