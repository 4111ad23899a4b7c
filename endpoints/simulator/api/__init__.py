"""What every request to the API passes and shares: authentication, versions, bodies, filters, pages, errors, JSON."""
