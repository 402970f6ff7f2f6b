"""The untrusted side: loads one submission, answers calls. Imports nothing of the judge."""
