"""Names of files that people save: in any script, and such that every file system takes them."""

import unicodedata

LONGEST = 150  # bytes in UTF-8, which leaves room for what is put around it: file systems have 255


def file_name_part(text: str) -> str:
    """The letters, marks and digits of a text in any script, with "_" for all else; empty when there are none."""
    composed = unicodedata.normalize("NFC", text)
    name = "".join(c if c in "-_. " or unicodedata.category(c)[0] in "LMN" else "_" for c in composed)
    short = name.encode()[:LONGEST].decode(errors="ignore").strip(" ._")
    return short if any(c.isalnum() for c in short) else ""


def in_ascii(name: str) -> str:
    """The same for programs that read ASCII only: letters without their marks, "_" for those of other scripts."""
    without_marks = (c for c in unicodedata.normalize("NFKD", name.replace("ß", "ss")) if not unicodedata.combining(c))
    return "".join(c if c.isascii() else "_" for c in without_marks)
