"""Content logs: what the service has is written down, brought home, kept, packed for people, and deleted.

listing: which files there are. fetching: the bytes. reading: what a transcript says. archive: the looks of a worker and
what stays here for how long. downloads: what people asked for, packed as one zip. purging: deleting for good.
storage: where the files lie; bucket, blobs: where that is no disk of ours.
"""
