"""Handlers of our own:  attractorc exec words.dot --handlers handlers.py"""

from attractorc.interpreter.ports import Call


def count_words(call: Call) -> dict[str, int]:
    """How many words the context values have that the node reads."""
    return {"words": sum(len(str(call.context[key]).split()) for key in call.step.reads or ())}


HANDLERS = {"words.count": count_words}
