"""What tests control and inspect: the ledger of requests, faults, and the addresses under /_world/."""
