"""The operations of the API by subject; each module names the operation ids that it implements."""
