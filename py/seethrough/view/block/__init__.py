"""The steps inside a layer: each a panel of its own, as those of the walk (view/steps/)."""
