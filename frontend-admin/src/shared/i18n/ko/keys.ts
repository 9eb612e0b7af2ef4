import type { keys as english } from '../en/keys';

export const keys: typeof english = {
  title: 'API 키',
  lead: '계정의 한도 안에서 더 적용됩니다. 소유자가 바꾸거나 다른 키를 만들 수 있으니, 반드시 지켜야 할 한도는 계정에 정하세요.',
  none: '이 계정에는 API 키가 없습니다.',
  state: '%{start}… · %{scopes} · 마지막 사용 %{used} · 오늘 메시지 %{messages}개, 토큰 %{tokens}개',
  save: '저장',
  save_of: '“%{name}” 한도 저장',
  remove: '삭제',
  remove_of: '“%{name}” 삭제',
  removed: '키를 삭제했습니다',
  ask: '“%{name}” 키를 삭제할까요? 이 키를 쓰는 프로그램이 바로 멈춥니다.',
};
