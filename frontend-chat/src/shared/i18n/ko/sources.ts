export const sources = {
  memories_one: '기억 {{count}}개 사용',
  memories_other: '기억 {{count}}개 사용',
  memoriesUsed: '이 답에 사용한 기억',
  without: '이 기억 없이 다시 답하기',
  forgotten: '지금은 잊은 기억',
  passage: '인용한 대목',
  page: '{{page}}쪽',
  score: '질문과 {{score}}% 가까움',
  close: '닫기',
  gone: '이 문서는 이제 없습니다.',
  withoutPassage: '이 대목 없이 다시 답하기',
};
