export const sources = {
  memories_one: '{{count}} memory used',
  memories_other: '{{count}} memories used',
  memoriesUsed: 'Memories used in this answer',
  without: 'Answer again without this memory',
  forgotten: 'Forgotten since',
  passage: 'Cited passage',
  page: 'p. {{page}}',
  score: '{{score}} % near the question',
  close: 'Close',
  gone: 'This document is no longer there.',
  withoutPassage: 'Answer again without this passage',
};
