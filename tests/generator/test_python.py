"""Prose, values, types and names as Python."""

from __future__ import annotations

import ast
import keyword

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.encodings import path_expression
from generator.ir import Choice, Either, Field, ListOf, MapOf, Parameter, Ref, Scalar, Type
from generator.names import class_name, identifier, method_name, namespace_name, snake
from generator.python import (
    annotation,
    decoder,
    docstring,
    encodable,
    from_wire,
    literal,
)
from moorage.arguments import as_is, as_list, as_map, as_object, list_of, optional
from moorage.model.empties import no_list, no_map

QUOTES = st.text(alphabet='"\\\n \tab{}\r\u2028\0', max_size=40)


@given(st.text() | QUOTES, st.sampled_from([0, 4, 8]))
@example('ends with """', 4)
@example('\\"', 4)
@example('""""', 4)
def test_prose_is_one_string_with_the_same_words(text: str, indent: int) -> None:
    code = f"{' ' * indent}{docstring(text, indent)}\n"
    source = "if True:\n" + code if indent else code
    (statement,) = ast.parse(source).body
    if isinstance(statement, ast.If):
        (statement,) = statement.body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    words = "".join(each if each.isprintable() else " " * (each == "\n") for each in text).split()
    assert str(statement.value.value).split() == (words or ["Undocumented."])


@given(st.text() | st.integers() | st.tuples(st.text(), st.text()) | QUOTES)
def test_a_value_is_read_as_it_was(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@given(st.text(), st.sets(st.text(max_size=3), max_size=3))
def test_every_name_makes_an_identifier(text: str, taken: set[str]) -> None:
    name = identifier(text, taken)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert name not in taken
    made = class_name(text)
    assert made.isidentifier()
    assert not keyword.iskeyword(made)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("ID", "id"),
        ("EnableIPv6", "enable_ipv6"),
        ("NanoCPUs", "nano_cpus"),
        ("OOMKilled", "oom_killed"),
        ("BlkioDeviceReadBps", "blkio_device_read_bps"),
        ("BlkioDeviceReadIOps", "blkio_device_read_iops"),
        ("SELinuxContext", "selinux_context"),
        ("RepoDigests", "repo_digests"),
        ("IPAMConfig", "ipam_config"),
        ("ExternalCAs", "external_cas"),
        ("UIDGIDMap", "uid_gid_map"),
        ("CACert", "ca_cert"),
        ("fromSrc", "from_src"),
        ("online_cpus", "online_cpus"),
        ("system_cpu_usage", "system_cpu_usage"),
        ("GlobalIPv6Address", "global_ipv6_address"),
        ("X-Registry-Auth", "x_registry_auth"),
        ("io.docker/x", "io_docker_x"),
    ],
)
def test_snake_case(wire: str, name: str) -> None:
    assert snake(wire) == name


@pytest.mark.parametrize(
    ("operation", "tag", "name"),
    [
        ("ContainerList", "Container", "containers.list"),
        ("ContainerPutArchive", "Container", "containers.put_archive"),
        ("ImageGetAll", "Image", "images.get_all"),
        ("NetworkPrune", "Network (experimental)", "networks.prune"),
        ("ThingImport", "Thing", "things.import_"),
        ("Ping", "System", "systems.ping"),
        ("Thing", "Thing", "things.thing"),
    ],
)
def test_names_of_operations(operation: str, tag: str, name: str) -> None:
    assert f"{namespace_name(tag)}.{method_name(operation, tag)}" == name


def test_names_that_are_taken() -> None:
    assert identifier("Class") == "class_"
    assert identifier("body", {"body"}) == "body_"
    assert class_name("Any") == "AnyModel"
    assert class_name("oci.descriptor") == "OciDescriptor"


NONE, STR, THING = Scalar("None"), Scalar("str"), Ref("Thing")


@pytest.mark.parametrize(
    ("type_", "written"),
    [
        (STR, "str"),
        (Choice(("a", "b"), "str"), "Literal['a', 'b'] | str"),
        (THING, "Thing"),
        (ListOf(STR), "list[str]"),
        (MapOf(ListOf(THING)), "dict[str, list[Thing]]"),
        (MapOf(Either(ListOf(THING), NONE)), "dict[str, list[Thing] | None]"),
        (Either(THING, STR), "Thing | str"),
    ],
)
def test_types(type_: Type, written: str) -> None:
    assert annotation(type_) == written
    assert encodable(type_) == ("Thing" in written)


class Thing:
    """Stands in for a model."""

    @staticmethod
    def from_dict(data: object) -> tuple[str, object]:
        return ("thing", data)


MADE = ("thing", {"a": 1})
WIRE = {"a": 1}


@pytest.mark.parametrize(
    ("type_", "sent", "decoded"),
    [
        (THING, WIRE, MADE),
        (THING, None, None),
        (THING, "not an object", "not an object"),
        (ListOf(THING), [WIRE, None, 3], [MADE, None, 3]),
        (ListOf(THING), None, None),
        (ListOf(THING), WIRE, WIRE),
        (MapOf(THING), {"k": WIRE, "n": None}, {"k": MADE, "n": None}),
        (MapOf(ListOf(THING)), {"k": [WIRE], "n": None}, {"k": [MADE], "n": None}),
        (ListOf(MapOf(ListOf(THING))), [{"k": [WIRE]}], [{"k": [MADE]}]),
        (ListOf(STR), [1, None], [1, None]),
        (Either(THING, STR), WIRE, MADE),
        (Either(THING, STR), "text", "text"),
        (MapOf(Either(ListOf(THING), NONE)), {"k": [WIRE], "n": None}, {"k": [MADE], "n": None}),
    ],
)
def test_decoding_never_fails(type_: Type, sent: object, decoded: object) -> None:
    take = {"X": sent}.pop
    # The body of a function of a generated module, with its names.
    code = f"def decode(take):\n    return {from_wire(Field('X', 'x', type_, required=False))}\n"
    scope: dict[str, object] = {"Thing": Thing}
    exec(code, scope)  # code of our own
    decode = scope["decode"]
    assert callable(decode)
    assert decode(take) == decoded


@pytest.mark.parametrize(
    ("type_", "sent", "decoded"),
    [
        (ListOf(STR), None, []),
        (ListOf(STR), "text", "text"),
        (ListOf(STR), "", ""),
        (ListOf(THING), None, []),
        (ListOf(THING), [WIRE], [MADE]),
        (ListOf(THING), 3, 3),
        (MapOf(STR), None, {}),
        (MapOf(THING), None, {}),
        (MapOf(THING), {"k": WIRE}, {"k": MADE}),
    ],
)
def test_null_is_an_empty_list_or_map_in_answers(
    type_: Type, sent: object, decoded: object
) -> None:
    field = Field("X", "x", type_, required=False, empty=True)
    data = {"X": sent}
    names = {"Thing": Thing, "data": data, "take": {**data}.pop}
    assert eval(from_wire(field), {**names, "no_list": no_list, "no_map": no_map}) == decoded


@pytest.mark.parametrize(
    ("type_", "sent", "decoded"),
    [
        (STR, "text", "text"),
        (THING, WIRE, MADE),
        (ListOf(THING), [WIRE], [MADE]),
        (ListOf(THING), None, []),
        (ListOf(STR), ["x"], ["x"]),
        (ListOf(STR), None, []),
        (MapOf(ListOf(THING)), {"k": [WIRE], "n": None}, {"k": [MADE], "n": None}),
        (MapOf(THING), None, {}),
        (MapOf(STR), None, {}),
    ],
)
def test_decoding_a_body(type_: Type, sent: object, decoded: object) -> None:
    helpers = (as_is, as_list, as_map, as_object, list_of, optional)
    scope = {"Thing": Thing, **{each.__name__: each for each in helpers}}
    assert eval(decoder(type_), scope)(sent) == decoded  # code of our own
    assert eval(decoder(type_, may_be_empty=True), scope)(None) is None


def test_items_are_taken_out_of_a_list_in_order() -> None:
    items = [{"n": n} for n in range(3)]
    seen = []

    def item(data: dict[str, int]) -> int:
        seen.append(len(items))
        return data["n"]

    assert list_of(item)(items) == [0, 1, 2]
    assert seen == [2, 1, 0]  # nothing but the caller keeps it
    with pytest.raises(TypeError, match="a list was expected, not dict"):
        list_of(item)({})
    with pytest.raises(TypeError, match="an object was expected, not list"):
        list_of(item)([[]])


def test_paths() -> None:
    parameters = tuple(
        Parameter(wire, wire + "_", STR, "path", required=True, encoding="segment")
        for wire in ("a", "b")
    )
    assert path_expression("/x/{b}/y'/{a}", parameters) == (
        "'/x/' + segment('b_', b_) + \"/y'/\" + segment('a_', a_)"
    )
    assert path_expression("/x", ()) == "'/x'"
