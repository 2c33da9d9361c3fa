"""Records as the text of XML elements: written straight out, because a tree of nodes for each report would cost five times as much.

What is written is read back by a parser and judged by the schema before it goes anywhere (`adapters.formats.xml`).
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from adapters.formats.values import as_text
from hub.contracts import Misconfigured
from hub.mapping.record import Node, TargetField

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"

_KNOWN = {"xsi": XSI, "xml": "http://www.w3.org/XML/1998/namespace"}  # prefixes that need no declaration by the profile
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 leaves out

Judge = Callable[[str, str], list[str]]  # the faults of a document inside another: of the target that holds it, and its text


class Unwritable(Exception):
    """A record cannot be written: a document inside it fails its schema."""

    def __init__(self, wheres: list[str]) -> None:
        super().__init__(", ".join(wheres))
        self.wheres = wheres


class Elements:
    """Writes elements in the namespaces of one format: `namespace` is that of names without a prefix, `prefixes` the others'."""

    def __init__(self, namespace: str | None, prefixes: Mapping[str, str], judge: Judge) -> None:
        self._namespace = namespace or ""
        self._prefixes = prefixes
        self._judge = judge
        self._declared = "".join(f' xmlns:{prefix}="{_attribute(uri)}"' for prefix, uri in prefixes.items())
        self._written_as: dict[TargetField, _Tag] = {}

    def outermost(self, name: str, attributes: Mapping[str, str], inside: str) -> str:
        """The element around a drop's records, with every namespace declared."""
        prefix = name.rpartition(":")[0]
        if prefix:
            self._known(name, prefix)
        default = f' xmlns="{_attribute(self._namespace)}"' if self._namespace else ""
        extra = f' xmlns:xsi="{XSI}"' if any(each.startswith("xsi:") for each in attributes) and "xsi" not in self._prefixes else ""
        written = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
        return f"<{name}{default}{self._declared}{extra}{written}>{inside}</{name}>"

    def top(self, nodes: list[Node], extra: Mapping[str, str] | None = None, *, around: bool) -> str:
        """The one element at the top of a record, or of a document inside it; `around`: in the element of a drop, with its namespaces.

        `extra` are attributes that it has in any case.
        """
        field, content = nodes[0] if len(nodes) == 1 else (None, None)
        if field is None or not isinstance(content, list):
            raise Misconfigured("bad-field-map", "an XML field map has exactly one element at the top, with the others below it")
        tag = self._written_as.get(field) or self._tag(field)
        default = self._namespace if around else ""
        head = "" if around else self._declared
        head += "".join(f' {key}="{_attribute(value)}"' for key, value in (extra or {}).items())
        xsi = any(key.startswith("xsi:") for key in extra or ())
        return self._element(tag, content, default, head, xsi=xsi)

    def _element(self, tag: "_Tag", nodes: list[Node], default: str, head: str = "", *, xsi: bool = False) -> str:
        """An element with what is below it; `default` is the namespace that names without a prefix have around it."""
        tags = self._written_as  # sixty nodes in a report: names are looked up once
        if tag.namespace is not None and tag.namespace != default:
            default = tag.namespace
            head = f'{head} xmlns="{_attribute(default)}"'
        text, body = None, []
        for field, content in nodes:
            below = tags.get(field) or self._tag(field)
            if isinstance(content, list):
                body.append(self._group(below, field, content, default))
                continue
            value = content if content.__class__ is str else as_text(content)
            if below.attribute:
                head += f'{below.begin}{value if value.isalnum() else _attribute(value)}"'
                xsi |= below.xsi
                continue
            written = value if value.isalnum() else _text(value)
            if below.plain and below.namespace == default:
                body.append(f"{below.begin}{written}{below.end}")
            elif field.name == "#text":
                text = written
            else:
                body.append(self._marked(below, field, value, default, nil=content is None and field.markup.nil))
        if xsi and "xsi" not in self._prefixes:
            head = f'{head} xmlns:xsi="{XSI}"'
        if text is None and not body:
            return f"<{tag.name}{head}/>"
        return f"<{tag.name}{head}>{text or ''}{''.join(body)}</{tag.name}>"

    def _group(self, tag: "_Tag", field: TargetField, content: list[Node], default: str) -> str:
        if field.markup.embed and content:
            return self._marked(tag, field, self._embedded(field, content), default)
        if content or not field.markup.nil:
            return self._element(tag, content, default)
        return self._marked(tag, field, "", default, nil=True)

    def _marked(self, tag: "_Tag", field: TargetField, text: str, default: str, *, nil: bool = False) -> str:
        """An element with a text, as CDATA where its rule says so, or that it is nil.

        CDATA cannot hold its own end, nor a carriage return that a parser leaves as it is: such a text is escaped, which means the same.
        """
        head = "" if tag.namespace is None or tag.namespace == default else f' xmlns="{_attribute(tag.namespace)}"'
        if nil:
            declared = "" if "xsi" in self._prefixes else f' xmlns:xsi="{XSI}"'
            return f'<{tag.name}{head}{declared} xsi:nil="true"/>'
        written = _text(text)
        if field.markup.cdata and "]]>" not in text and "\r" not in text:
            written = f"<![CDATA[{text}]]>"
        return f"<{tag.name}{head}>{written}</{tag.name}>"

    def _embedded(self, field: TargetField, content: list[Node]) -> str:
        """A document of its own, as text; judged by its own schema, where the options name one."""
        document = DECLARATION + self.top(content, around=False)
        if faults := self._judge(field.name, document):
            raise Unwritable(list(unwritable(content)) or [f"{field.path}/{where}" for where in faults])
        return b64encode(document.encode()).decode() if field.markup.embed == "base64" else document

    def _tag(self, field: TargetField) -> "_Tag":
        """How a target is written, found once. An attribute without a prefix is in no namespace, as XML has it."""
        name, markup = field.name.removeprefix("@"), field.markup
        attribute = field.name[0] == "@"
        prefix = name.rpartition(":")[0]
        if prefix:
            self._known(field.name, prefix)
        if field.name != "#text" and not is_name(name.rpartition(":")[2]):
            raise Misconfigured("bad-field-map", f"{field.path}: XML allows no such name")
        namespace = None if prefix or attribute else self._namespace if markup.namespace is None else markup.namespace
        plain = field.name[0] not in "@#" and not markup.cdata and not markup.nil and not prefix
        begin, end = (f' {name}="', '"') if attribute else (f"<{name}>", f"</{name}>")
        tag = _Tag(name, namespace, attribute, plain, prefix == "xsi", begin, end)
        self._written_as[field] = tag
        return tag

    def _known(self, name: str, prefix: str) -> None:
        if prefix not in self._prefixes and prefix not in _KNOWN:
            message = f"target {name!r}: no namespace is declared for the prefix {prefix!r} (format option namespaces)"
            raise Misconfigured("bad-settings", message)


@dataclass(frozen=True, slots=True)
class _Tag:
    """How a target is written: its name, and the namespace of a name without a prefix; `plain` is nothing but an element with a text."""

    name: str
    namespace: str | None
    attribute: bool
    plain: bool
    xsi: bool  # an attribute of XML Schema's own
    begin: str
    end: str


def _text(text: str) -> str:
    """A text with its markup escaped. What XML cannot hold at all the parser finds, when it is read back."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text


def _attribute(text: str) -> str:
    """The same for an attribute, where a tab or a line end would come back as a space."""
    text = _text(text)
    if '"' in text or "\t" in text or "\n" in text:
        return text.replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
    return text


def unwritable(nodes: list[Node]) -> Iterator[str]:
    """The paths of the values that hold a character which XML has no way to write."""
    for field, content in nodes:
        if isinstance(content, list):
            yield from unwritable(content)
        elif isinstance(content, str) and _UNWRITABLE.search(content):
            yield f"{field.path} (character that XML cannot hold)"


def is_name(text: str) -> bool:
    """Whether XML allows this as a name without a prefix."""
    try:
        etree.QName(text)
    except ValueError:
        return False
    return not text.startswith("{")
