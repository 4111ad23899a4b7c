from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()
SIZE = 300  # variants of one fragment


class CachedFragment(template.Node):
    """Django's own `cache` makes a key of text, and a copy of what it finds, for each fragment of each page."""

    def __init__(self, nodelist: NodeList, depends_on: list[FilterExpression]) -> None:
        self.nodelist, self.depends_on = nodelist, depends_on
        self.rendered: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = tuple([one.resolve(context) for one in self.depends_on])
        html = self.rendered.get(key)
        if html is None:
            if len(self.rendered) >= SIZE:
                self.rendered.clear()
            html = self.rendered[key] = self.nodelist.render(context)
        return html


@register.tag
def cached(parser: Parser, token: Token) -> CachedFragment:
    """Render what stands up to `endcached` once in this process for each different set of what it depends on."""
    content = parser.parse(("endcached",))
    parser.delete_first_token()
    return CachedFragment(content, [parser.compile_filter(one) for one in token.split_contents()[1:]])
