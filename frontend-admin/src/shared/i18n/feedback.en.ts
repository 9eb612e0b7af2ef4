/** The sentences of the page "Feedback". */
export const feedbackEn = {
  privacy:
    'Text is shown, and may be trained on, only where its owner shares ratings (chat → settings). Of all others only the figure is here.',
  sums: 'By model',
  model: 'Model',
  good: 'Good',
  bad: 'Bad',
  shared: 'Shared',
  share: '%{n} % good',
  share_of_good: 'Share of good',
  all: 'All',
  any_model: 'All models',
  not_shared: 'Not shared by its owner',
  note: 'Note',
  more: 'Older',
  none: 'No ratings yet.',
  role: { user: 'User', assistant: 'Answer', system: 'System' },
  export: {
    heading: 'Training set',
    text: 'JSON lines of the shared ratings, for a fine-tuning tool. Training is done elsewhere; its LoRA adapter comes back as a file on the page “Models”.',
    chat: 'Conversations (chat format)',
    preference: 'Pairs of a good and a bad answer',
    count: '%{n} ratings are shared',
  },
};
