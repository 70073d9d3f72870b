"""OpenAI's Python SDK: the APIs beside chat completions."""

import json

import openai
from harness import BASE, KEYS, PHRASE, SANDBOX, differs, equal, main, refused, responses_models
from openai import OpenAI
from openai_common import PARAMETERS, PDF, PNG, client, column, raises
from pydantic import BaseModel

sdk = column()
WEATHER = {"type": "function", "name": "weather", "description": "The weather of a place", "parameters": PARAMETERS, "strict": False}
PATCH = {"type": "custom", "name": "patch", "description": "Patches a file"}
responses = dict(models=responses_models())


def item(response, kind):
    return next(item for item in response.output if item.type == kind)


@sdk.once("list and find models")
def models_are_listed_and_found():
    listed = [model.id for model in client.models.list()]
    for model in responses_models():
        assert model in listed, f"{model} not in {listed}"
        found = client.models.retrieve(model)
        equal((found.id, found.object, type(found.created), type(found.owned_by)), (model, "model", int, str))
    raises(openai.NotFoundError, lambda: client.models.retrieve("no/such:model"))
    sandboxed = OpenAI(base_url=BASE, api_key=KEYS["sandbox"])
    equal([model.id for model in sandboxed.models.list()], ["sandbox-chat", "sandbox-embed"])


@sdk.once("embeddings as numbers")
def vectors_come_as_numbers():
    answer = client.embeddings.create(model="sandbox-embed", input=["a", "b"], encoding_format="float", dimensions=64)
    equal([(vector.index, len(vector.embedding)) for vector in answer.data], [(0, 64), (1, 64)])
    assert answer.usage.prompt_tokens > 0


@sdk.once("embeddings as base64")
def vectors_come_packed_which_the_sdk_asks_for_by_itself():
    packed = client.embeddings.create(model="sandbox-embed", input=["a", "b"])
    numbers = client.embeddings.create(model="sandbox-embed", input=["a", "b"], encoding_format="float")
    assert all(abs(one - other) < 1e-6 for one, other in zip(packed.data[1].embedding, numbers.data[1].embedding))


@sdk.once("moderations", always=differs("Answered by Candor's own filter: `flagged` and the categories are its, nothing is sent to a provider."))
def texts_are_moderated():
    clean, flagged = client.moderations.create(input=["Hello", PHRASE]).results
    equal((clean.flagged, flagged.flagged), (False, True))
    parts = client.moderations.create(input=[{"type": "text", "text": PHRASE}]).results
    equal([result.flagged for result in parts], [True])


@sdk.case("completions (before chat)", translated=refused("Anthropic's API has no completions, and a conversation is no text that goes on."))
def completions_answer(model):
    answer = client.completions.create(model=model, prompt=["One", "Two"], max_tokens=8)
    equal([(choice.index, choice.finish_reason) for choice in answer.choices], [(0, "length"), (1, "length")])
    equal(answer.usage.completion_tokens, 16)
    stream = client.completions.create(model=model, prompt="One", max_tokens=8, stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream if chunk.choices)


@sdk.case("responses", **responses)
def a_response_has_text_usage_and_says_that_nothing_is_kept(model):
    whole = client.responses.create(model=model, instructions="Be brief.", input="Hello [[length:12]]", metadata={"a": "b"})
    assert whole.output_text and whole.id.startswith("resp_") and whole.usage.output_tokens > 0
    equal((whole.status, whole.store, whole.metadata), ("completed", False, {"a": "b"}))
    short = client.responses.create(model=model, input="Hello", max_output_tokens=16)
    equal((short.status, short.incomplete_details.reason), ("incomplete", "max_output_tokens"))


@sdk.case("responses, streamed", **responses)
def a_response_streamed_is_the_response_whole(model):
    whole = client.responses.create(model=model, input="Hello [[length:12]]")
    with client.responses.stream(model=model, input="Hello [[length:12]]") as stream:
        events = list(stream)
        final = stream.get_final_response()
    equal([event.sequence_number for event in events], list(range(len(events))))
    equal((events[0].type, events[1].type, events[-1].type), ("response.created", "response.in_progress", "response.completed"))
    pieces = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    equal((pieces, final.output_text), (whole.output_text, whole.output_text))
    equal(final.usage.output_tokens, whole.usage.output_tokens)


@sdk.case("responses, parse helper", **responses)
def the_parse_helper_yields_an_object(model):
    class Event(BaseModel):
        name: str
        year: int | None

    assert isinstance(client.responses.parse(model=model, input="x", text_format=Event).output_parsed, Event)


@sdk.case("parallel tools", **responses)
def a_response_calls_tools_and_takes_their_results(model):
    asked = [{"role": "user", "content": "[[tool:weather]] [[tool:patch]]"}]
    called = client.responses.create(model=model, input=asked, tools=[WEATHER, PATCH])
    function, custom = item(called, "function_call"), item(called, "custom_tool_call")
    assert json.loads(function.arguments)["days"] >= 2 and custom.input == "test"
    results = [
        {"type": "function_call_output", "call_id": function.call_id, "output": "rain"},
        {"type": "custom_tool_call_output", "call_id": custom.call_id, "output": "done"},
    ]
    history = [*asked, *(item.to_dict() for item in called.output), *results]
    assert client.responses.create(model=model, input=history, tools=[WEATHER, PATCH]).output_text


@sdk.case("streamed tool arguments", **responses)
def a_response_streams_arguments(model):
    with client.responses.stream(model=model, input="[[tool]]", tools=[WEATHER]) as stream:
        pieces = "".join(event.delta for event in stream if event.type == "response.function_call_arguments.delta")
        final = stream.get_final_response()
    equal(pieces, item(final, "function_call").arguments)
    assert json.loads(pieces)["days"] >= 2


@sdk.case(
    "thinking sent back",
    models=responses_models(),
    translated=differs("Only whoever sealed a thought can read it: to a provider of another API it is left out, and named in `x-candor-dropped`."),
)
def a_response_has_its_thoughts_sealed_and_takes_them_back(model):
    more = dict(model=model, reasoning={"effort": "high", "summary": "auto"}, include=["reasoning.encrypted_content"])
    first = client.responses.create(input="Hello", **more)
    thought = item(first, "reasoning")
    assert thought.encrypted_content or model == "relayed-chat", thought
    assert first.usage.output_tokens_details.reasoning_tokens > 0
    history = [{"role": "user", "content": "Hello"}, *(item.to_dict() for item in first.output), {"role": "user", "content": "Go on"}]
    assert client.responses.create(input=history, **more).output_text


@sdk.case("images", **responses)
def a_response_takes_images(model):
    parts = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]
    assert client.responses.create(model=model, input=[{"role": "user", "content": parts}]).output_text


@sdk.case("documents", **responses)
def a_response_takes_documents(model):
    file = {"type": "input_file", "filename": "page.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
    assert client.responses.create(model=model, input=[{"role": "user", "content": [file]}]).output_text


@sdk.case("responses, count of tokens", **responses)
def tokens_of_a_response_are_counted_before(model):
    counted = client.responses.input_tokens.count(model=model, input="Hello there")
    equal((counted.object, counted.input_tokens > 0), ("response.input_tokens", True))


KEPT = "Nobody keeps answers yet: `store: true`, `previous_response_id`, `conversation`, `prompt` and `background` are refused, and an omitted `store` counts as false."


@sdk.case("answers that the provider keeps", always=refused(KEPT), models=[SANDBOX])
def a_response_is_kept(model):
    for more in ({"previous_response_id": "resp_1"}, {"background": True}, {"conversation": "conv_1"}):
        error = raises(openai.BadRequestError, lambda: client.responses.create(model=model, input="x", **more))
        equal(error.param, next(iter(more)))
    raises(openai.NotFoundError, lambda: client.responses.retrieve("resp_1"))
    client.responses.create(model=model, input="x", store=True)


UNSPOKEN = "Not yet one of Candor's APIs: 404 `unknown_url`, which no SDK tries again."


@sdk.once("batches", always=refused(UNSPOKEN))
def batches_are_listed():
    client.batches.list()


@sdk.once("files", always=refused(UNSPOKEN))
def files_are_listed():
    client.files.list()


@sdk.once("images out, speech", always=refused(UNSPOKEN))
def images_and_speech_are_made():
    equal(raises(openai.NotFoundError, lambda: client.images.generate(model="sandbox-image", prompt="x")).code, "unknown_url")
    client.audio.speech.create(model="sandbox-speech", voice="alloy", input="x")


main(sdk)
