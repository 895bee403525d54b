"""From a plan to an outcome: a pure core, a thin driver, handlers, stores and queries.

Contains no parser and sees of the compiler only the plan and the policies in it. The
journal is the run: state is a fold over records, and everything else reads the same.
"""
