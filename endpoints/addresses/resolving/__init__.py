"""What programs get that ask an address, before Django: see `application`."""
