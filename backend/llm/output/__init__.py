"""What a model writes, taken apart: the answer, what it thought before, and the tools it wants called. Pure; any process.

`families.py` knows how models write calls, `reasoning.py` and `calls.py` read a stream of text piece by piece, `shaping.py`
does both to a stream of events. Must not import Django, the engine or llama.cpp. No text is ever lost: what cannot be read
as a call stays text.
"""
