"""The decoding lab: how settings shape the odds, how a search goes, where a text can lead."""
