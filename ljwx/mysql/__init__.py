"""Django's MySQL backend, with connections that are given up whole."""
