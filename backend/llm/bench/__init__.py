"""Measures the engine against the raw llama_decode loop, the packaged class and llama-server. Development only.

Nobody imports this package; `python -m backend.llm.bench` runs it. Never in the server's process.
"""
