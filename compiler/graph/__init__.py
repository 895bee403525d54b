"""The graph: what a document means, and the analyses that rules and lowering share."""
