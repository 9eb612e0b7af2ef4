export const limits = {
  title: 'Limits',
  lead: 'Empty: as the role has it. 0: no limit. In effect at once.',
  messages_per_day: 'Messages a day',
  tokens_per_day: 'Tokens a day',
  concurrent_turns: 'Answers at once',
  priority_weight: 'Share when others wait',
  upload_max_mib: 'Largest file (MiB)',
  of_role: 'The role has %{value}',
  no_limit: 'no limit',
  used: 'Today %{messages} messages and %{tokens} tokens; %{running} answers are being made.',
  save: 'Save the limits',
  saved: 'The limits are saved',
};
