import type { settings as english } from '../en/settings';

export const settings: typeof english = {
  title: '설정',
  lead: '바꾸면 재시작 없이 바로 적용됩니다. 모든 변경은 감사 기록에 남습니다.',
  default: '기본값: %{value}',
  to_default: '기본값으로 되돌리기: %{name}',
  saved: '저장했습니다: %{name}',
  undo: '되돌리기',
  on: '켬',
  off: '끔',
  empty: '비어 있음',
  would_go: '%{days}일로 정하면 지금 사용자 %{n_users}명의 대화 %{n}개가 지워집니다.',
  would_go_none: '%{days}일로 정해도 지금 지워지는 대화는 없습니다.',
};
