"""What the cases of Anthropic's Python SDK share: a client, and the shortest way to ask something."""

import anthropic
from harness import KEYS, ROOT, Column, anthropic_models

client = anthropic.Anthropic(base_url=ROOT, api_key=KEYS["rich"], max_retries=0, timeout=30)

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER = {"name": "weather", "description": "The weather of a place", "input_schema": SCHEMA}
CLOCK = {"name": "clock", "input_schema": {"type": "object", "properties": {}}}
# A red dot and an empty page.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJSBhbiBlbXB0eSBwYWdlCg=="


def column():
    return Column("anthropic (Python)", anthropic.__version__, anthropic_models())


def say(content):
    return [{"role": "user", "content": content}]


def ask(model, content, max_tokens=80, **more):
    return client.messages.create(model=model, max_tokens=max_tokens, messages=say(content), **more)


def raises(kind, call):
    try:
        call()
    except anthropic.APIError as error:
        assert type(error) is kind, f"{type(error).__name__} in place of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"no {kind.__name__}")


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def calls_of(message):
    return [block for block in message.content if block.type == "tool_use"]
