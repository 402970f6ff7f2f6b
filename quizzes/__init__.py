"""Question banks and the quiz engine."""
