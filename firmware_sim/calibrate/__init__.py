"""The model held against recorded reality."""
