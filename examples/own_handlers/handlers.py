"""Handlers of our own:  attractorc exec words.dot --handlers handlers.py"""

from attractorc.interpreter.ports import Call


def count_words(call: Call) -> dict[str, int]:
    """Counts the words of the context value that the node's `of` names."""
    text = str(call.context.get(str(call.step.extra.get("of", "tool.output")), ""))
    return {"words": len(text.split())}


HANDLERS = {"words.count": count_words}
