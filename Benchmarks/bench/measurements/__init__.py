"""The measurements: one file each, with a function that returns what goes into the JSON."""
