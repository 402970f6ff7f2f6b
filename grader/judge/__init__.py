"""The trusted side: draws inputs, runs the reference, compares, explains.

It never executes a submission.
"""
