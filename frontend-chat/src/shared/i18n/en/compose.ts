export const compose = {
  attachments: 'Attached files',
  addFiles: 'Add files',
  limits:
    'images up to {{image}} MB; PDF, Word, PowerPoint, Excel, HWPX, CSV, HTML, Markdown, text up to {{document}} MB',
  reading: 'Being read…',
  readingOf: '{{name}} is being read',
  temporaryDocument: 'Answers are made from these documents. They are deleted with this temporary chat.',
  keptDocument: 'Answers are made from these documents. They are kept in your documents.',
  uploading: 'Sending {{name}}',
  remove: 'Remove {{name}}',
  unseen: 'Images are kept with the message. The model of this server does not look at them yet.',
  dictate: 'Dictate',
  dictationFailed: 'Dictation is not possible at the moment.',
  dictationWarning:
    'Your browser recognises speech with a service of its maker: what you say leaves this device. Maru itself sends it nowhere.',
  dictationAgree: 'Dictate anyway',
  web: 'Search the web',
  webUsed: 'With a web search',
  webWarning:
    "For this message, Maru searches the web: its words are sent to this server's search engine and leave this machine.",
  tools: 'Use tools',
  toolsWarning:
    'For this message, the model may ask for tools of other servers. You are asked before anything is sent, unless an administrator has marked the tool as safe.',
  toolsUsed: 'With tools',
  slash: 'Prompts and commands',
  slashNew: 'Start a new chat',
  slashPrompts: 'Open the prompt library',
  typingElsewhere: 'You are writing on another device…',
  openElsewhere_one: 'Also open in {{count}} other place',
  openElsewhere_other: 'Also open in {{count}} other places',
};
