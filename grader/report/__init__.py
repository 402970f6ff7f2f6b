"""One result object, many renderers. Whatever came from a submission is escaped here."""
