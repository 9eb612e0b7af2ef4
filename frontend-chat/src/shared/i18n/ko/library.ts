export const library = {
  title: '프롬프트',
  lead: '자주 쓰는 글을 모아 둡니다. 입력창에서 /와 명령을 입력하세요.',
  new: '새 프롬프트',
  edit: '프롬프트 편집',
  none: '아직 프롬프트가 없습니다.',
  deleteOne: '{{title}} 삭제',
  deleteTitle: '이 프롬프트를 삭제할까요?',
  deleteText: '{{title}}과(와) 모든 이전 글이 되돌릴 수 없이 삭제됩니다.',
  versions: '이전 글',
  versionsHelp: '고르면 입력란에 들어갑니다. 저장하면 새 버전이 됩니다',
  version: '버전 {{number}}',
  fields: { title: '제목', command: '명령', content: '내용' },
  help: {
    title: '목록에 보입니다',
    command: '글자, 숫자, -와 _ : 빗금 뒤에 입력합니다',
    content: '겹중괄호 안의 이름은 쓸 때 물어봅니다. 예: {{example}}',
  },
};
