"""The YAML front end. NOTE TO HELPER A: the lead gave the YAML part (all compiler/frontend/yaml*.py,
tests/compiler/test_yaml*.py) to helper K at 10:57, to save time. You own DOT, `decode`, `language_of`,
`read` and the corpus test; finish those and report. Do not write YAML files.
"""
