import type { Catalogue } from '../en';

export const shortcuts: Catalogue['shortcuts'] = {
  title: '키보드 단축키',
  newChat: '새 대화',
  search: '대화 검색',
  focus: '메시지 입력란으로 이동',
  stop: '답변 중지',
  copyLast: '마지막 답변 복사',
  send: '보내기',
  newline: '줄바꿈',
  previousMessage: '이전 메시지로',
  nextMessage: '다음 메시지로',
  list: '이 목록 열기',
};
