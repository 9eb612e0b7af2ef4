"""The engine process: llama.cpp with continuous batching, behind a Unix socket. No Django, no chat words.

Threads, and what each owns:

    main      asyncio loop: socket, connections, frames                        server.py, wire.py
    tokenize  2 of a pool: templates, tokenization, hashes                     requests.py, prompt.py, templates.py
    see       1: images become rows, at a lower priority                       sight.py, vision.py, pixels.py (a child)
    engine    the decode loop: scheduler, slots, llama.cpp's context           engine.py, scheduler.py, runner.py

One request: a `generate` frame (server) → its images are looked at (sight) → messages become tokens (requests, prompt) →
`Engine.submit` → the scheduler queues it, gives it the slot with the longest common prefix (slots, prefix_cache), and puts
chunks of its prompt beside one token of each running reply into a step → `LlamaRunner.decode` and `.sample` → bytes become
text (detokenizer, stopping) → all events of the step leave in one frame per connection. An abort, or a connection that ends,
frees the slot between two steps; its KV stays for the next turn.

A model that makes vectors has a loop of its own in the same thread instead (embedder.py).
"""
