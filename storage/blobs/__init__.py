"""The bytes of uploads and files on a disk. Knows no account, no chat and no right."""
