"""Tools for authors: the completeness law, a new exercise's folders, the report over all."""
