"""The trusted side: draws inputs, runs the reference, compares, explains. Never runs a submission."""
