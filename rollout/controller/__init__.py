"""The daemon that moves plans: looks, judges, decides, acts."""
