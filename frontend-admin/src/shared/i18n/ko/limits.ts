import type { limits as english } from '../en/limits';

export const limits: typeof english = {
  title: '사용 한도',
  lead: '비우면 역할의 한도를 따르고, 0이면 제한이 없습니다. 바로 적용됩니다.',
  messages_per_day: '하루 메시지 수',
  tokens_per_day: '하루 토큰 수',
  concurrent_turns: '동시 답변 수',
  priority_weight: '함께 기다릴 때의 몫',
  upload_max_mib: '최대 파일 크기(MiB)',
  of_role: '역할의 한도: %{value}',
  no_limit: '제한 없음',
  used: '오늘 메시지 %{messages}개, 토큰 %{tokens}개를 썼고, 지금 답변 %{running}개를 만들고 있습니다.',
  save: '한도 저장',
  saved: '한도를 저장했습니다',
};
