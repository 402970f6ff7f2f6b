"""The grading engine. It knows no exercise; exercises know nothing of it but `grader.spec`."""

__version__ = "0.1.0"
