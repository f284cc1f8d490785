"""The SFU: forwards RTP between the participants of a call, never decodes it. Knows no account."""
