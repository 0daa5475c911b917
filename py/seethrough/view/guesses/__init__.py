"""Questions that a run answers: a file each, a row of view/guesses/rows.py each."""
