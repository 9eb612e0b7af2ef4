import type { Catalogue } from '../en';

export const prompts: Catalogue['prompts'] = {
  explain: '설명해 주세요',
  explainText: '무지개가 생기는 원리를 열 살 아이도 알 수 있게 설명해 주세요.',
  write: '글쓰기 도움',
  writeText: '화요일 회의를 목요일로 옮기자는 짧고 친절한 이메일을 써 주세요.',
  plan: '계획 세우기',
  planText: '둘이서 여유롭게 보내는 서울 주말 여행 계획을 세워 주세요.',
  code: '코드 도움',
  codeText: '단어가 회문인지 알려 주는 파이썬 함수를 테스트와 함께 작성해 주세요.',
};
