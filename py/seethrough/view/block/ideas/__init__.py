"""The steps inside a layer at the depth "idea": one picture each."""
