"""How good are the answers? A set of questions, answered by models, judged by another one, with honest intervals.

`questions` (the file) → `running` (answers and verdicts, kept line by line, so that a run goes on where it was cut) → `judging`
(what the judge is asked, and what its words mean) → `figures` (means, win rates and their intervals) → `report`.
Talks to engines through LLMService alone; no database.
"""
