export const model = {
  sees: 'looks at images',
  choose: 'Model: {{name}}. Choose another one',
  noneTitle: 'No model yet',
  noneText: 'Maru runs, but has no language model to answer with.',
  noneStep1: 'Get a model file in the GGUF format (the file name ends in .gguf).',
  noneStep2: 'Put it into the folder “models” next to Maru, or set MODEL_PATH to the file.',
  noneStep3: 'Maru takes it up by itself, within a few seconds.',
  checkAgain: 'Look again',
  starting: 'The model is being loaded. You can write already; the answer comes as soon as it is ready.',
  down: 'The engine is not running at the moment. It is being started again.',
  starterNotice:
    'You are talking to the starter model: small and built in, made to try Maru out. For real answers put a GGUF model into the folder “models”: it takes over by itself.',
  starterGot: 'Got it',
};
