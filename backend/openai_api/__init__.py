"""/v1: what clients of OpenAI's API find here (PROTOCOL §4). Shapes, names and codes are theirs, not ours.

Source: OpenAI's API reference (chat completions, completions, embeddings, models, responses). Views translate; nothing is stored
unless `metadata.maru_session` asks for it.
"""
