"""The only code that touches JavaScript: see ffi.py."""
