from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()
MOST = 300  # of one part of a page


class Kept(template.Node):
    """Django's own `cache` makes a key of text, and a copy of what it finds, for each part of each page."""

    def __init__(self, nodelist: NodeList, depends_on: list[FilterExpression]) -> None:
        self.nodelist, self.depends_on = nodelist, depends_on
        self.made: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = tuple([one.resolve(context) for one in self.depends_on])
        html = self.made.get(key)
        if html is None:
            if len(self.made) >= MOST:
                self.made.clear()
            html = self.made[key] = self.nodelist.render(context)
        return html


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    """What stands up to `endkept`, made once in this process for each different set of what it depends on."""
    content = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(content, [parser.compile_filter(one) for one in token.split_contents()[1:]])
