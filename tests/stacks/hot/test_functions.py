"""The functions of HOT give what Heat's own give, for whatever they are given."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moorage import errors
from moorage.stacks.hot import document, parameters
from moorage.stacks.hot.functions import UNKNOWN, has_unknown
from moorage.stacks.hot.problems import Invalid
from moorage.stacks.hot.scope import Scope
from tests.support import heat

VERSION = "2018-08-31"
CONDITIONS = {
    "yes": True,
    "no": False,
    "same": {"equals": [{"get_param": "text"}, "b"]},
    "both": {"and": ["yes", "same"]},
}
PARAMETERS: dict[str, Any] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "tree": {"type": "json"},
    "words": {"type": "comma_delimited_list"},
}

words = st.text(string.ascii_letters + " ,-%", max_size=6)
plain = st.one_of(words, st.integers(-5, 99), st.booleans(), st.none())
trees = st.recursive(
    plain,
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.sampled_from("abc"), part, max_size=3)),
    max_leaves=5,
)
steps = st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 2)), max_size=3)


def get_param() -> st.SearchStrategy[Any]:
    names = st.sampled_from([*PARAMETERS, "none"])
    return st.one_of(
        names.map(lambda name: {"get_param": name}),
        st.tuples(names, steps).map(lambda found: {"get_param": [found[0], *found[1]]}),
    )


def calls(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.one_of(st.lists(part, max_size=3), get_param())
    return st.one_of(
        get_param(),
        st.builds(lambda d, a: {"list_join": [d, a]}, words, lists),
        st.builds(lambda d, a, b: {"list_join": [d, a, b]}, words, lists, lists),
        st.builds(
            lambda t, p: {"str_replace": {"template": t, "params": p}}, words,
            st.dictionaries(words.filter(bool), part, max_size=3),
        ),
        st.builds(lambda d, s: {"str_split": [d, s]}, words.filter(bool), st.one_of(words, get_param())),
        st.builds(lambda d, s, i: {"str_split": [d, s, i]}, words.filter(bool), words, st.integers(-2, 3)),
        st.builds(
            lambda t, f: {"repeat": {"template": t, "for_each": {"%v%": f}}},
            st.sampled_from(["x%v%", ["%v%", 1], {"k%v%": "%v%"}]), st.lists(words, max_size=3),
        ),
        st.builds(lambda c, a, b: {"if": [c, a, b]}, st.sampled_from([*CONDITIONS, True, False]), part, part),
        st.dictionaries(st.sampled_from("abc"), part, min_size=2, max_size=2),
        st.lists(part, max_size=2),
    )  # fmt: skip


snippets = st.recursive(st.one_of(plain, get_param()), calls, max_leaves=6)
values = st.fixed_dictionaries(
    {
        "text": st.one_of(words, st.integers(0, 9)),
        "number": st.one_of(st.integers(-3, 9), st.sampled_from(["7", "1.5", "x"])),
        "flag": st.sampled_from([True, False, "yes", "off", "maybe", 1]),
        "tree": trees.filter(lambda tree: tree is not None),
        "words": st.one_of(words, st.lists(words, max_size=3)),
    }
)


def scope_of(snippet: Any, given_values: dict[str, Any]) -> Scope:
    made = {
        "heat_template_version": VERSION, "parameters": PARAMETERS, "conditions": CONDITIONS,
        "outputs": {"o": {"value": snippet}},
    }  # fmt: skip
    parsed = document.parse(made)
    return Scope(parsed, parameters.assign(parsed.parameters, given_values), {}, _Nothing(), {})


class _Nothing:
    def ref(self, name: str) -> Any:
        return UNKNOWN

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any:
        return UNKNOWN


def ours(snippet: Any, given_values: dict[str, Any]) -> tuple[Any, str | None]:
    try:
        return scope_of(snippet, given_values).resolve(snippet), None
    except (Invalid, errors.BadRequest) as problem:
        return None, str(problem)


def theirs(snippet: Any, given_values: dict[str, Any]) -> tuple[Any, str | None]:
    made = {
        "heat_template_version": VERSION, "parameters": PARAMETERS, "conditions": CONDITIONS,
        "outputs": {"o": {"value": snippet}},
    }  # fmt: skip
    found, error = heat.evaluate(made, given_values)
    return (None, error) if found is None else (found["o"], None)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(snippet=snippets, given_values=values)
def test_every_function_gives_what_heat_gives(snippet: Any, given_values: dict[str, Any]) -> None:
    mine, refusal = ours(snippet, given_values)
    value, error = theirs(snippet, given_values)
    assert (refusal is None) == (error is None), f"we: {refusal}; Heat: {error}"
    assert mine == value


@pytest.mark.parametrize(
    "snippet",
    [
        {"list_join": ["-", ["a", {"get_resource": "r"}]]},
        {"str_replace": {"template": "x", "params": {"x": {"get_attr": ["r", "a"]}}}},
        {"str_split": [",", {"get_resource": "r"}]},
        {"repeat": {"template": "x", "for_each": {"%v%": {"get_attr": ["r", "a"]}}}},
    ],
)
def test_what_is_not_known_yet_makes_the_result_unknown(snippet: Any) -> None:
    scope = scope_of("x", {"text": "", "number": 1, "flag": True, "tree": {}, "words": ""})
    scope.resources = {"r": document.ResourceDef(name="r", type="t")}
    assert has_unknown(scope.resolve(snippet))


def test_conditions_never_depend_on_what_is_made_later() -> None:
    scope = scope_of("x", {"text": UNKNOWN, "number": 1, "flag": True, "tree": {}, "words": ""})
    with pytest.raises(Invalid, match="known only once"):
        scope.resolve({"if": ["same", 1, 2]})
