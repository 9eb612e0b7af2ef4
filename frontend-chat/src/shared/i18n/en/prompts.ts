export const prompts = {
  explain: 'Explain something',
  explainText: 'Explain how a rainbow comes about, so that a ten-year-old understands it.',
  write: 'Help me write',
  writeText: 'Write a short, friendly email that moves a meeting from Tuesday to Thursday.',
  plan: 'Make a plan',
  planText: 'Plan a relaxed weekend in Seoul for two people.',
  code: 'Look at code',
  codeText: 'Write a Python function that says whether a word is a palindrome, with tests.',
};
