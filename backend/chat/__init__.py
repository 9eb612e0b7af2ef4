"""Sessions, their tree of messages, and everything from a frame to a stored reply.

A message's way, and where to read it:

    in        consumers, views_*       frames and requests become calls of actions; they decide nothing
              frames_client            every frame that a client may say, strict
    written   actions                  make messages; reply_actions and session_actions change what is there
              writing, tree, rows      parts of their transactions; the tree's reads; rows as clients see them
    made      turns                    all running replies of this process; ear, leases and reaper: those of the others
              turn                     the life of one: turn_job (what it needs to know), history (of its branch), asking
                                       and prompt (the request), turn_generation (the engine at work), web and
                                       tool_calls (what it may ask for besides),
                                       turn_text (held back, let out, published), turn_ending and turn_rows (its stored end)
              journal                  makes the texts of all of them durable
    out       events, frames_server    every frame that is said, typed; groups of the channel layer
              delivery, window, vigil  to one socket: gapless, once, no faster than its reader

Beside it: search, sharing, uploads, ratings, export and imports, expiry, conversation_log, and screening (the rules of the house
on calls without a session). `lint-imports` keeps the order: consumers | views > actions > turns > journal | prompt > events >
models.
"""
