"""What the cases of OpenAI's Python SDK share: a client, and the shortest way to ask something."""

import time

import openai
from harness import BASE, KEYS, Column, openai_models
from openai import DefaultHttpxClient, OpenAI

client = OpenAI(base_url=BASE, api_key=KEYS["rich"], max_retries=0, timeout=30)

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "The weather of a place", "parameters": PARAMETERS}}
CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}
# A red dot and an empty page.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJSBhbiBlbXB0eSBwYWdlCg=="


def column():
    return Column("openai (Python)", openai.__version__, openai_models())


def say(text):
    return [{"role": "user", "content": text}]


def ask(model, text, **more):
    return client.chat.completions.create(model=model, messages=say(text), **more)


def raises(kind, call):
    try:
        call()
    except openai.APIError as error:
        assert type(error) is kind, f"{type(error).__name__} in place of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"no {kind.__name__}")


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def receipt(id):
    """The receipt is there within two seconds; until then the SDK waits as it is told."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return client.get(f"/candor/receipts/{id}", cast_to=dict[str, object])
        except openai.NotFoundError:
            assert time.monotonic() < deadline, "no receipt"
            time.sleep(0.1)


def counting(key="rich", **more):
    """A client and the list of the statuses that it was answered."""
    statuses = []
    http = DefaultHttpxClient(event_hooks={"response": [lambda response: statuses.append(response.status_code)]})
    return OpenAI(base_url=BASE, api_key=KEYS[key], http_client=http, **more), statuses
