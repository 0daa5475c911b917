"""The steps at the depth "idea": one picture each."""
