"""The WebSocket protocol of the Speech SDK: audio in, phrases out."""
