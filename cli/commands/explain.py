"""`attractorc explain`: what a rule means, with a bad and a good example.

Prints the pages that the rules carry themselves. It must not know any rule.
"""

from __future__ import annotations

import click

from .exits import Exit, Refused


@click.command(
    epilog="Example: attractorc explain no_default_edge",
    short_help="Say what a rule means, with examples.",
)
@click.argument("rule", required=False)
@click.option(
    "--all", "everything", is_flag=True, help="Print the pages of all rules, in Markdown."
)
def command(rule: str | None, everything: bool) -> int:
    """Say what RULE means: what it finds, why it matters, a bad and a good example.

    Without a name, list all rules.
    """
    from attractorc.compiler.rules.pages import catalogue, page, pages
    from attractorc.compiler.value import nearest

    if everything:
        if rule is not None:
            raise Refused("--all prints every rule; leave out the name")
        click.echo(catalogue().encode(), nl=False)
        return Exit.DONE
    if rule is None:
        listed = pages()
        width = max(len(each.rule) for each in listed)
        for each in listed:
            click.echo(f"{each.rule:<{width}}  {each.severity:<7}  {each.title}")
        return Exit.DONE
    found = page(rule)
    if found is None:
        meant = nearest(rule, [each.rule for each in pages()])
        hint = f"did you mean '{meant}'?" if meant else "`attractorc explain` lists them all"
        raise Refused(f"there is no rule '{rule}'; {hint}")
    click.echo(found.as_text(), nl=False)
    return Exit.DONE
