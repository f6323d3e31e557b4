"""The application in this process: no socket, a store in memory; and a browser without script.

The browser reads forms as HTML says: buttons and fields may belong to a form by their ``form``
attribute, and a button may send it to an address of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from engine.load import Examined, examine
from engine.stores.memory import Memory
from web.desk import Desk
from web.serving.app import create_app

HERE = "http://127.0.0.1"
TREES = Path(__file__).parent.parent / "trees"


@cache
def examined(root: Path = TREES) -> Examined:
    return examine(root)


class Clock:
    """A clock that stands where a test sets it, so that one application serves many stories."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def served(root: Path | Examined = TREES, store: Any = None, **desk: Any) -> Iterator[Served]:
    found = root if isinstance(root, Examined) else examined(root)
    at = Desk(found, Memory() if store is None else store, **desk)
    app = create_app(at)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield Served(at, client)


@dataclass(repr=False)  # an application prints as 90 MB
class Served:
    """An application that is being served, and who calls it."""

    desk: Desk
    client: TestClient
    _schema: dict[str, Any] = field(default_factory=dict)

    # -- as a program

    @property
    def description(self) -> dict[str, Any]:
        if not self._schema:
            self._schema.update(self.client.get("/api/v1/openapi.json").json())
        return self._schema

    def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> Any:
        """A call of the API. Its answer must be one that the description promises."""
        content = (
            {"content": raw} if raw is not None else {"json": body} if body is not None else {}
        )
        answer = self.client.request(method, f"/api/v1{path}", **content)
        self.promised(method, f"/api/v1{path}", answer)
        return answer

    def promised(self, method: str, path: str, answer: Any) -> None:
        told = self._told(method, path.partition("?")[0])["responses"]
        assert str(answer.status_code) in told, (method, path, answer.status_code, answer.text)
        content = told[str(answer.status_code)]["content"]
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in content, (path, kind, list(content))
        if kind.endswith("json"):
            schema = content[kind]["schema"] | {"components": self.description["components"]}
            Draft202012Validator(schema).validate(answer.json())

    def _told(self, method: str, path: str) -> Mapping[str, Any]:
        parts = path.split("/")
        for template, calls in self.description["paths"].items():
            wanted = template.split("/")
            if len(wanted) == len(parts) and all(
                w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)
            ):
                found: Mapping[str, Any] = calls[method.lower()]
                return found
        raise AssertionError(f"{method} {path} is not described")

    # -- as a browser

    def open(self, address: str) -> Page:
        return Page(self, self.client.get(address))


@dataclass
class Control:
    """A field or a button of a form."""

    tag: str
    attributes: Mapping[str, str | None]
    options: list[str] = field(default_factory=list)
    text: str = ""

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


@dataclass
class Form:
    id: str
    action: str
    method: str
    inside: list[Control] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.controls: list[tuple[Control, Form | None]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.title = ""
        self.open: list[str] = []
        self._form: Form | None = None
        self._control: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in ("meta", "link", "input", "img", "br", "hr"):
            self.open.append(tag)
        if tag == "form":
            self._form = Form(
                found.get("id") or "", found.get("action") or "", found.get("method") or "get"
            )
            self.forms.append(self._form)
        elif tag in ("input", "textarea", "select", "button"):
            self._control = Control(tag, found)
            self.controls.append((self._control, self._form))
        elif tag == "option" and self._control is not None:
            value = found.get("value") or ""
            self._control.options.append(value)
            if "selected" in found or len(self._control.options) == 1:
                self._control.text = value
        elif tag == "a":
            self.links.append(found.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        if tag == "form":
            self._form = None
        elif tag in ("textarea", "select", "button"):
            self._control = None

    def handle_data(self, data: str) -> None:
        if self._control is not None and self._control.tag in ("textarea", "button"):
            self._control.text += data
        if self.open and self.open[-1] == "title":
            self.title += data
        self.words.append(data)

    def done(self) -> None:
        byid = {form.id: form for form in self.forms if form.id}
        for control, inside in self.controls:
            if inside is not None:
                inside.inside.append(control)
            owner = byid[control.get("form")] if control.get("form") else inside
            if owner is not None:
                owner.controls.append(control)


class Page:
    """A page as it came, and what can be done on it."""

    def __init__(self, served: Served, answer: Any) -> None:
        self.served = served
        self.status: int = answer.status_code
        self.html: str = answer.text
        self.headers = answer.headers
        self.path = answer.url.path
        self._read = _Reader()
        self._read.feed(self.html)
        self._read.close()
        self._read.done()
        self.forms = self._read.forms
        self.title = self._read.title.strip()
        self.text = " ".join(" ".join(self._read.words).split())

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self._read.tags if tag == name]

    @property
    def links(self) -> list[str]:
        return self._read.links

    @property
    def ended(self) -> bool:
        return not self.has("answer")

    def has(self, what: str) -> bool:
        return any(form.action.endswith(f"/{what}") for form in self.forms)

    def form(self, what: str) -> Form:
        """The form whose address ends in what it does."""
        return next(form for form in self.forms if form.action.endswith(f"/{what}"))

    def button(self, what: str, value: str = "") -> tuple[Form, Control]:
        """A button by the address that it sends to, and its value."""
        for form in self.forms:
            for control in form.controls:
                if control.tag != "button":
                    continue
                to = control.get("formaction") or form.action
                if to.endswith(f"/{what}") and (not value or control.get("value") == value):
                    return form, control
        raise AssertionError(f"no button leads to {what} {value}")

    def press(self, what: str, value: str = "", **typed: Any) -> Page:
        """Press a button as a browser does, with everything typed in its form. ``typed`` is by
        name; a dot is written ``__``."""
        form, button = self.button(what, value)
        sent = sent_by(form, {name.replace("__", "."): said for name, said in typed.items()})
        if button.get("name"):
            sent.append((button.get("name"), button.get("value")))
        return self.send(button.get("formaction") or form.action, sent)

    def post(self, what: str, **typed: Any) -> Page:
        """Send a form as a program does, which knows nothing of ``form`` attributes."""
        form = self.form(what)
        plain = Form(form.id, form.action, form.method, form.inside, form.inside)
        return self.send(
            form.action, sent_by(plain, {n.replace("__", "."): s for n, s in typed.items()})
        )

    def send(self, address: str, sent: list[tuple[str, str]]) -> Page:
        """Send these fields to an address, with the seal that the page has for the browser's."""
        if self.typed("token") and "token" not in dict(sent):
            sent = [*sent, ("token", self.typed("token"))]
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        here = str(self.served.client.base_url).rstrip("/")
        headers = {"origin": here, "sec-fetch-site": "same-origin"}
        return Page(self.served, self.served.client.post(address, data=data, headers=headers))

    def typed(self, name: str) -> str:
        """What stands in a field, or is picked of a choice."""
        for control, _ in self._read.controls:
            if control.get("name") == name:
                if control.get("type") in ("radio", "checkbox"):
                    if "checked" in control.attributes:
                        return control.get("value")
                    continue
                return value_of(control)
        return ""


def value_of(control: Control) -> str:
    if control.tag == "textarea":
        return control.text.removeprefix("\n")
    return control.text if control.tag == "select" else control.get("value")


def sent_by(form: Form, typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a browser sends of a form that was filled in."""
    sent: list[tuple[str, str]] = []
    names = {control.get("name") for control in form.controls}
    assert typed.keys() <= names, f"no field {sorted(typed.keys() - names)} in {sorted(names)}"
    for control in form.controls:
        name = control.get("name")
        if control.tag == "button" or not name:
            continue
        if control.get("type") in ("radio", "checkbox"):
            if name in typed:
                wanted = typed[name] if isinstance(typed[name], list) else [typed[name]]
                ticked = control.get("value") in wanted
            else:
                ticked = "checked" in control.attributes
            if ticked:
                sent.append((name, control.get("value")))
        else:
            sent.append((name, str(typed.get(name, value_of(control)))))
    return sent
