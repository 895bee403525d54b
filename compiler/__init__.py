"""From the text of a pipeline to a validated plan; pure: the caller hands it text.

The package has no side effects and never imports the interpreter. Everything that a
caller needs is in `driver`; the plan is the only thing that leaves this house.
"""
