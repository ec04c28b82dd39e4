"""What `manage.py up` is made of: it starts every process of the system, watches them, and stops them in order."""
