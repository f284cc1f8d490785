"""Uploads, files and what is done to them between the last byte and the message. Posts no message itself."""
