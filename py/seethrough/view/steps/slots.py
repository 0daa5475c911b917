"""Slots inside a step's own panel, by their ids: known before the step is imported."""

LEAD = "step-sample-lead"
ODDS = "step-sample-odds"
PAIRS = "step-odds-pairs"
