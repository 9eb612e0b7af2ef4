export const library = {
  title: 'Prompts',
  lead: 'Texts that you use again and again. Type / and the command in the message box.',
  new: 'New prompt',
  edit: 'Edit prompt',
  none: 'No prompts yet.',
  deleteOne: 'Delete {{title}}',
  deleteTitle: 'Delete this prompt?',
  deleteText: '{{title}} goes for good, with all its versions.',
  versions: 'Earlier texts',
  versionsHelp: 'Choosing one puts it into the box; saving makes it a new version',
  version: 'Version {{number}}',
  fields: { title: 'Title', command: 'Command', content: 'Text' },
  help: {
    title: 'Shown in the list',
    command: 'Letters, digits, - and _ : typed after the slash',
    content: 'A name in double braces is asked for when it is used, for example {{example}}',
  },
};
