"""build.py serve --watch: what is edited comes into the open page. Nothing here reaches dist/."""
