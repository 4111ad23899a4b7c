"""Backups: one file with the rows of the database, and optionally the saved content logs; restoring it elsewhere."""
