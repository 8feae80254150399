"""What is true, what was shown, and how well the two agree."""
