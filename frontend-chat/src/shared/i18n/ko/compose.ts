import type { Catalogue } from '../en';

export const compose: Catalogue['compose'] = {
  attachments: '첨부한 파일',
  addFiles: '파일 추가',
  limits: '이미지 {{image}}MB까지, PDF·Word·PowerPoint·Excel·HWPX·CSV·HTML·Markdown·텍스트 {{document}}MB까지',
  reading: '읽는 중…',
  readingOf: '{{name}} 읽는 중',
  temporaryDocument: '이 문서를 근거로 답합니다. 임시 대화와 함께 삭제됩니다.',
  keptDocument: '이 문서를 근거로 답합니다. 올린 문서는 문서함에 보관됩니다.',
  uploading: '{{name}} 보내는 중',
  remove: '{{name}} 빼기',
  unseen: '이미지는 메시지와 함께 보관됩니다. 이 서버의 모델은 아직 이미지를 보지 못합니다.',
  dictate: '받아쓰기',
  dictationFailed: '지금은 받아쓰기를 할 수 없습니다.',
  dictationWarning:
    '이 브라우저는 제조사의 서비스로 음성을 인식합니다. 말한 내용이 이 기기를 벗어납니다. 마루가 따로 보내는 것은 없습니다.',
  dictationAgree: '그래도 받아쓰기',
  web: '웹 검색',
  webUsed: '웹 검색과 함께',
  webWarning: '이 메시지에는 웹 검색을 씁니다. 쓴 글이 이 서버의 검색 엔진으로 전송되어 이 컴퓨터를 벗어납니다.',
  tools: '도구 사용',
  toolsWarning:
    '이 메시지에 답할 때 모델이 다른 서버의 도구를 쓸 수 있습니다. 관리자가 안전하다고 표시한 도구가 아니면 보내기 전에 물어봅니다.',
  toolsUsed: '도구와 함께',
  slash: '프롬프트와 명령',
  slashNew: '새 대화 시작',
  slashPrompts: '프롬프트 모음 열기',
  typingElsewhere: '다른 기기에서 쓰고 있습니다…',
  openElsewhere_one: '다른 {{count}}곳에서도 열려 있음',
  openElsewhere_other: '다른 {{count}}곳에서도 열려 있음',
};
