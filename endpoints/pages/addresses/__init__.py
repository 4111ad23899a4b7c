"""The pages of addresses: names that programs ask which endpoint to connect to."""
