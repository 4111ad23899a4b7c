"""Web hooks: which events happen, and how they are delivered."""
