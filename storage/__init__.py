"""What lasts: tables, the writer, the logs, the search index, blobs. Refuses to decide who may do what."""
