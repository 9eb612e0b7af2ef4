"""Tells other programs that a reply has ended: one signed request to each address that its owner has given.

    webhooks.enqueue(user_id, "reply.finished", {...})      # inside the transaction of the end itself

Off unless the house allows it. The queue is rows in SQL, so nothing is lost by a crash and no stream ever waits for a receiver.
No text of a conversation is sent: ids and figures, and whoever may read the text asks for it with a key.
"""
