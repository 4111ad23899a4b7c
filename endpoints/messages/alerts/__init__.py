"""Messages with alerts: their text, and the ways on which they leave the product."""
