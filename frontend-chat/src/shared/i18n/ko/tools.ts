import type { tools as english } from '../en/tools';

export const tools: typeof english = {
  question: '모델이 {{tool}} 도구를 사용해도 될까요?',
  sent: '“{{server}}” 서버로 전송될 내용:',
  allow: '이번만 허용',
  refuse: '거절',
  arguments: '보낸 내용',
  result: '결과',
  untrusted: '모델이 아니라 도구가 보낸 글입니다. 틀리거나 속이려는 내용일 수 있습니다.',
  cut: '전체 {{count}}자 중 앞부분입니다.',
  waiting: '승인 대기 중',
  running: '실행 중…',
  done: '사용함',
  doneWithError: '도구가 오류를 알림',
  failed: '실패함({{code}})',
  refused: '거절함',
  timeOut: '시간 안에 답이 없어 거절됨',
  stopped: '중지됨',
  lost: '서버 재시작으로 끊김. 이미 실행되었을 수 있습니다.',
  open: '끝나지 않음',
};
