"""What the Python cases share: the ways to a model, the list of cases, their outcomes.

A case says which feature of `features.json` it shows, and, where a client can't have what it asks for, why: that text stands beside
the case. What is expected to be refused has to be refused: a case that is served against its own
words fails, so that no explanation outlives its reason.
"""

import json
import os
import pathlib
import sys
import time
import traceback
from typing import NamedTuple

BASE = os.environ["CANDOR_BASE_URL"]
ROOT = BASE.removesuffix("/v1")
KEYS = {name: os.environ["CANDOR_KEY_" + name.upper()] for name in ("rich", "poor", "revoked", "frozen", "sandbox")}
PHRASE = "candor-filter-test-phrase-block-me"
FEATURES = [row for group in json.loads((pathlib.Path(__file__).parent / "features.json").read_text()).values() for row in group]


class Model(str):
    """A model's name, and what stands behind it."""

    def __new__(cls, name, way):
        model = super().__new__(cls, name)
        model.way, model.translated, model.here = way, way == "translated", way == "sandbox"
        return model


# Answered in the process that is asked; by a second Candor whose bytes pass; by one that speaks the other API.
SANDBOX = Model("sandbox-chat", "sandbox")


def openai_models():
    return [SANDBOX, Model("relayed", "same"), Model("relayed-messages", "translated")]


def responses_models():
    """Responses over chat completions are a translation of their own."""
    return [*openai_models(), Model("relayed-chat", "translated")]


def anthropic_models():
    return [SANDBOX, Model("relayed-messages", "same"), Model("relayed", "translated")]


class Expected(NamedTuple):
    """What is expected in place of success, and why."""

    mark: str
    why: str


def refused(why):
    """The case ends in a refusal: its last call raises the SDK's exception for 400 or 404."""
    return Expected("refused", why)


def differs(why):
    """The case succeeds, but a client gets something else or less than from the provider itself."""
    return Expected("differs", why)


class Case(NamedTuple):
    feature: str
    function: object
    models: list
    always: Expected | None
    translated: Expected | None


class Column:
    """The cases of one SDK."""

    def __init__(self, title, version, models):
        self.title, self.version, self.models = title, version, models
        self.cases = []

    def case(self, feature, always=None, translated=None, models=None):
        """For every model of the SDK, or of `models`."""
        assert feature in FEATURES, f"{feature!r} is not in features.json"

        def add(function):
            self.cases.append(Case(feature, function, self.models if models is None else models, always, translated))
            return function

        return add

    def once(self, feature, always=None):
        """Without a model of its own."""
        return self.case(feature, always=always, models=[None])


def equal(found, expected):
    assert found == expected, f"{found!r} in place of {expected!r}"


def main(*columns):
    """Runs every case, prints a line each, and ends with 1 if one fails."""
    outcomes, failed = [], 0
    for column in columns:
        print(f"{column.title} {column.version}, Python {sys.version.split()[0]}")
        for case in column.cases:
            for model in case.models:
                outcome = run(column, case, model)
                failed += outcome["mark"] == "failed"
                outcomes.append(outcome)
    print(f"{', '.join(column.title for column in columns)}: {len(outcomes) - failed} as expected, {failed} not")
    sys.exit(1 if failed or not outcomes else 0)


def run(column, case, model):
    expected = case.always or (case.translated if model is not None and model.translated else None)
    name = case.function.__name__.replace("_", " ") + (f" ({model})" if model else "")
    began = time.monotonic()
    try:
        meet(case.function, model, expected)
        mark = expected.mark if expected else "ok"
    except Exception:
        mark = "failed"
        traceback.print_exc(file=sys.stdout)
    print(f"  {mark:8}{name}, {time.monotonic() - began:.1f} s", flush=True)
    return {
        "column": column.title, "version": column.version, "feature": case.feature, "mark": mark,
        "way": model.way if model else "once", "why": expected.why if expected else "",
    }  # fmt: skip


def meet(function, model, expected):
    arguments = [] if model is None else [model]
    if expected is None or expected.mark != "refused":
        function(*arguments)
        return
    try:
        function(*arguments)
    except Exception as error:
        assert status(error) in (400, 404), f"refused, but otherwise than expected: {error!r}"
        return
    raise AssertionError(f"this is served, against what stands beside the case: {expected.why}")


def status(error):
    """The HTTP status that an exception of whichever SDK stands for."""
    while error is not None:
        found = getattr(error, "status_code", None)
        if found is not None:
            return found
        error = error.__cause__ or error.__context__
    return None
