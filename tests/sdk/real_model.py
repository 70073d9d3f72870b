"""A real small model behind Candor, asked by OpenAI's Python SDK. Few tokens: it runs on this machine's cores."""

import os

import openai
from harness import equal, main
from openai_common import ask, column, raises, receipt, text_of

sdk = column()


@sdk.once("a plain answer")
def a_real_model_answers():
    model, prompt, exact = os.environ["CANDOR_REAL_MODEL"], "Say hello.", {"temperature": 0, "seed": 1, "max_completion_tokens": 12}
    plain = ask(model, prompt, **exact)
    chunks = list(ask(model, prompt, **exact, stream=True, stream_options={"include_usage": True}))
    assert plain.choices[0].message.content.strip()
    equal(text_of(chunks), plain.choices[0].message.content)
    equal((plain.usage.completion_tokens, chunks[-1].usage.completion_tokens), (12, 12))
    found = receipt(plain._request_id)
    equal((found["status"], found["usage"]["output_tokens"], found["usage"]["estimated"]), ("completed", 12, False))
    # The model's cap, which the request doesn't name, is told to the provider.
    counted = ask(model, "Count from one to a hundred.", temperature=0, seed=1)
    assert counted.usage.completion_tokens <= 16, counted.usage
    assert "context" in raises(openai.BadRequestError, lambda: ask(model, "word " * 4000, max_completion_tokens=4)).message
    stream = ask(model, "Count from one to a hundred.", stream=True)
    next(stream)
    id = stream.response.headers["x-candor-receipt"]
    stream.close()
    # It is so fast that it may have been at its end.
    assert receipt(id)["status"] in ("interrupted", "completed")


main(sdk)
