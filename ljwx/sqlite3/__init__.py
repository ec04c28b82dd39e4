"""Django's SQLite backend, with waits for the write lock that come to an end."""
