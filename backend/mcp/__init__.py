"""Tools that models may use: functions of MCP servers that administrators named.

    offered()                     what a model is told of, in a database thread
    callable_tool(name)           where one of them is called now, if it may be called at all
    await access.call_tool(...)   one call, bounded in size and time, through lib/outbound.py, as who is signed in there

Models are told of the tools as an administrator last looked at them: a server that renames itself overnight, or describes its
tool anew, changes nothing until somebody has looked. Knows nothing of conversations.
"""
