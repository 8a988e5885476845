"""Types and encodings of parameters, and refusals."""

from __future__ import annotations

import pytest

from generator.encodings import ENCODINGS, argument, encoded
from generator.errors import BuildError
from generator.ir import Choice, ListOf, MapOf, Parameter, Scalar, Type
from generator.parameters import parameters_of
from moorage import contract

STR = Scalar("str")


def parameter(type_: Type, name: str = "theName", encoding: str | None = None) -> Parameter:
    described = {"in": "query", "name": name}
    if encoding is not None:
        described["x-moorage-encoding"] = encoding
    (made,) = parameters_of("/things", [described], {("query", name): type_})
    return made


@pytest.mark.parametrize(
    ("made", "annotation", "expression"),
    [
        (parameter(STR), "str", "query_text('the_name', the_name)"),
        (parameter(Scalar("int")), "int", "query_int('the_name', the_name)"),
        (parameter(Scalar("bool")), "bool", "query_bool('the_name', the_name)"),
        (parameter(Scalar("float")), "float", "query_float('the_name', the_name)"),
        (
            parameter(Choice(("a",), "str")),
            "Literal['a'] | str",
            "query_text('the_name', the_name)",
        ),
        (parameter(ListOf(STR)), "str | Iterable[str]", "query_texts('the_name', the_name)"),
        (
            parameter(ListOf(STR), encoding="json"),
            "list[str]",
            "query_json('the_name', the_name, 'list[str]')",
        ),
        (
            parameter(MapOf(STR)),
            "dict[str, str]",
            "query_json('the_name', the_name, 'dict[str, str]')",
        ),
        (parameter(STR, encoding="time"), "PointInTime", "seconds_text('the_name', the_name)"),
        (
            parameter(STR, encoding="platform"),
            "str | OCIPlatform",
            "platform_text('the_name', the_name)",
        ),
        (parameter(STR, "filters"), "Filters", "filters_json('filters', filters)"),
    ],
)
def test_a_parameter(made: Parameter, annotation: str, expression: str) -> None:
    assert (argument(made), encoded(made)) == (annotation, expression)


def test_all_functions_are_there() -> None:
    for each in ENCODINGS.values():
        assert callable(getattr(contract, each.function))


def test_an_encoding_that_is_not_known() -> None:
    with pytest.raises(BuildError, match="the x-moorage-encoding 'jsn': write one of auth, auths"):
        parameter(STR, encoding="jsn")


def test_a_type_that_has_no_encoding() -> None:
    with pytest.raises(BuildError, match="the parameter theName has a type that has no encoding"):
        parameter(ListOf(Scalar("int")))
