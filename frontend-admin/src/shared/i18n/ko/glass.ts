import type { glass as english } from '../en/glass';

export const glass: typeof english = {
  behind:
    '대화 내용은 봉인되어 있습니다. 열람하려면 이유를 적어야 하며, 누가 언제 왜 읽었는지 대화의 주인에게 표시됩니다.',
  read: '열람하기',
  read_ask: '15분 동안 이 대화를 읽을 수 있습니다. 이름과 이유가 대화의 주인에게 표시됩니다.',
  export: '내보내기',
  export_ask: '법적 요청 등을 위해 대화를 JSON으로 저장합니다. 이름과 이유가 대화의 주인에게 표시됩니다.',
  erase: '완전히 삭제',
  erase_ask: '대화를 바로 완전히 삭제합니다. 되살릴 수 없습니다.',
  reason: '이유',
  until: '%{at}까지 읽을 수 있습니다.',
  readers: '열람 기록',
  nobody: '열람한 사람이 없습니다.',
  gone: '이전 관리자',
  kind_read: '열람',
  kind_export: '내보내기',
  role_user: '사용자',
  role_assistant: '답변',
  role_system: '시스템',
  more: '더 보기',
};
