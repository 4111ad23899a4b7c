"""What is wrong with the settings, for `manage.py check` and for every start."""
