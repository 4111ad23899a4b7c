"""What the first bytes of a recording tell: whether browsers can play it, and whether it contains any sound.

A WAV file is a RIFF header and chunks: four letters, a size of 32 bits, and so many bytes, filled to an even number
("Multimedia Programming Interface and Data Specifications 1.0"). RF64 is the same for more than 4 GB.
"""

RIFF, CHUNK = 12, 8  # bytes of the headers; the first tells a WAV file
HEAD = 4096  # bytes that usually reach the samples
UNKNOWN = (0, 0xFFFFFFFF)  # sizes of a chunk that was written before its size was known


def is_wave(head: bytes) -> bool:
    """Whether these bytes begin a recording that browsers can play."""
    return len(head) >= RIFF and head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"


def is_empty(head: bytes, size: int) -> bool:
    """Whether a recording of `size` bytes that begins with these has no sample."""
    if not size:
        return True
    if not is_wave(head):
        return False
    at = RIFF
    while at + CHUNK <= len(head):
        length = int.from_bytes(head[at + 4 : at + CHUNK], "little")
        if head[at : at + 4] == b"data":
            rest = size - at - CHUNK
            return (rest if length in UNKNOWN else min(length, rest)) <= 0
        at += CHUNK + length + length % 2
    return at >= size  # whole, and without the chunk of samples
