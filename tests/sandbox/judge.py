"""Answers and requests of the Stripe protocol, weighed by Stripe's own OpenAPI document.

A member of an answer or a parameter of a request that the document does not know is a fault.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests import stripe_openapi

#: Operations that the document is too old for, each with the schema of its answer.
NEWER_OPERATIONS: Mapping[tuple[str, str], str] = {("POST", "/v1/checkout/sessions/[^/]+"): "checkout.session"}
#: Members that the document is too old for: a schema, a member, and what else it may be.
NEWER_MEMBERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "legal_entity_company",
        "structure",
        {"enum": ["incorporated_partnership", "registered_charity", "unincorporated_partnership"]},
    ),
    ("payment_flows_automatic_payment_methods_payment_intent", "allow_redirects", {"enum": ["always", "never"]}),
    ("payment_flows_automatic_payment_methods_setup_intent", "allow_redirects", {"enum": ["always", "never"]}),
    ("payment_intent_payment_method_options_card", "request_three_d_secure", {"enum": ["challenge"]}),
    ("setup_intent_payment_method_options_card", "request_three_d_secure", {"enum": ["challenge"]}),
)
_HERE = "urn:stripe-openapi"
_SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call of ``/v1`` as it went over the wire; ``sent`` is its form body."""

    method: str
    url: str
    sent: str
    status: int
    answer: bytes


@dataclass
class Judge:
    """Stripe's document, ready to be asked."""

    document: dict[str, Any]
    _validators: dict[str, Any] = field(default_factory=dict)

    def all_faults(self, exchanges: Iterable[Exchange]) -> list[str]:
        """The different faults of all answers that are JSON: others were ordered."""
        readable = [exchange for exchange in exchanges if exchange.answer.startswith(b"{")]
        return list(dict.fromkeys(fault for exchange in readable for fault in self.faults(exchange)))

    def faults(self, exchange: Exchange) -> list[str]:
        """What an answer says that its operation's schema does not allow; events also by the object they tell of."""
        called = f"{exchange.method} {urlsplit(exchange.url).path} {exchange.status}"
        body = json.loads(exchange.answer)
        if exchange.status >= 400:
            return [f"{called}: {fault}" for fault in self._weigh(f"{_SCHEMAS}error", body)]
        pointer = self._answer_of(exchange.method, exchange.url)
        if pointer is None:
            return [f"{called}: no such operation"]
        found = [f"{called}: {fault}" for fault in self._weigh(pointer, body)]
        return [*found, *(fault for event in _events(body) for fault in self.event_faults(event))]

    def event_faults(self, event: Mapping[str, Any]) -> list[str]:
        """What an event says that its own schema, or that of the object it tells of, does not allow."""
        told, kind = event["data"]["object"], str(event["data"]["object"]["object"])
        found = [*self._weigh(f"{_SCHEMAS}event", event), *self._weigh(_SCHEMAS + kind, told)]
        known = self.document["components"]["schemas"][kind]["properties"]
        found += [
            f"no such attribute: {name}" for name in set(event["data"].get("previous_attributes", ())) - set(known)
        ]
        return [f"{event['type']}: {fault}" for fault in found]

    def _answer_of(self, method: str, url: str) -> str | None:
        operation = self.operation(method, url)
        if operation is not None:
            template = operation[0].replace("/", "~1")
            return f"#/paths/{template}/{operation[1]}/responses/200/content/application~1json/schema"
        for (newer, pattern), schema in NEWER_OPERATIONS.items():
            if method == newer and re.fullmatch(pattern, urlsplit(url).path):
                return _SCHEMAS + schema
        return None

    def strange_parameters(self, exchange: Exchange) -> list[str]:
        """The parameters of a request that its operation does not know."""
        operation = self.operation(exchange.method, exchange.url)
        if operation is None:
            return [f"{exchange.method} {urlsplit(exchange.url).path}"]
        known = {"properties": self.parameters(*operation)}
        pairs = [*parse_qsl(urlsplit(exchange.url).query, True), *parse_qsl(exchange.sent, True)]
        return [name for name, _ in pairs if not leads(known, name)]

    def operation(self, method: str, url: str) -> tuple[str, str] | None:
        """The document's path and method for an address; None when it has none."""
        path = urlsplit(url).path
        for template in sorted(self.document["paths"], key=lambda path: path.count("{")):
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in self.document["paths"][template]:
                return template, method.lower()
        return None

    def parameters(self, template: str, method: str) -> dict[str, Any]:
        """An operation's parameters by name, of the query and of the body, each with its schema."""
        operation = self.document["paths"][template][method]
        found = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            found |= content["schema"].get("properties", {})
        return found

    def _weigh(self, pointer: str, body: Any) -> Iterator[str]:
        if pointer not in self._validators:
            registry = Registry().with_resource(_HERE, Resource(self.document, DRAFT4))
            self._validators[pointer] = jsonschema.Draft4Validator({"$ref": _HERE + pointer}, registry=registry)
        for error in self._validators[pointer].iter_errors(body):
            deepest = jsonschema.exceptions.best_match([error])
            yield f"{'.'.join(str(part) for part in deepest.absolute_path)}: {deepest.message[:300]}"


def load() -> Judge | None:
    """The judge; None where the document was not fetched."""
    path = stripe_openapi.place()
    return _load(path) if path.is_file() else None


@cache
def _load(path: Path) -> Judge:
    document = json.loads(path.read_bytes())
    schemas = document["components"]["schemas"]
    for schema, member, newer in NEWER_MEMBERS:
        old = schemas[schema]["properties"].get(member)
        schemas[schema]["properties"][member] = {"anyOf": [old, newer]} if old else newer
    document["components"]["schemas"] = {name: _strict(schema) for name, schema in schemas.items()}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] = _strict(operation["responses"])
    return Judge(document)


def _strict(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: ``nullable`` in its words, and closed to members it does not name."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _strict(part) for name, part in schema.items() if name != "nullable" and not name.startswith("x-")}
    if isinstance(made.get("properties"), dict) and isinstance(made.get("type"), str):
        made.setdefault("additionalProperties", False)
    if schema.get("nullable") is not True:
        return made
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    return {"anyOf": [made, {"type": "null"}]}


def leads(schema: Mapping[str, Any], name: str) -> bool:
    """True when a parameter's full name, ``a[b][]``, exists in its schema."""
    return _leads(schema, re.findall(r"[^\[\]]+", name))


def _leads(schema: Mapping[str, Any], path: list[str]) -> bool:
    if not path:
        return True
    for choice in (schema, *schema.get("anyOf", ())):
        inside = choice.get("properties", {})
        if path[0] in inside and _leads(inside[path[0]], path[1:]):
            return True
        if choice.get("additionalProperties") and path[0] not in inside:
            return True
        if "items" in choice and _leads(choice["items"], path[1:] if path[0].isdigit() else path):
            return True
    return False


def _events(body: Any) -> Iterable[Any]:
    items = body.get("data", ()) if body.get("object") == "list" else (body,)
    return [item for item in items if item.get("object") == "event"]
