"""The steps of build.py, one file each. Standard library only: they make the environment."""
