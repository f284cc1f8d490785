"""A participant without a screen: sends recorded media, receives without decoding; one process plays fifty."""
