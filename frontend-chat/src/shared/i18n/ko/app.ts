import type { Catalogue } from '../en';

export const app: Catalogue['app'] = {
  name: '마루',
  tagline: '내 컴퓨터에서 나누는 나만의 대화',
  skip: '대화로 건너뛰기',
  loading: '불러오는 중…',
  close: '닫기',
  cancel: '취소',
  save: '저장',
  retry: '다시 시도',
  undo: '되돌리기',
  back: '대화로 돌아가기',
  newVersion: '마루의 새 버전이 준비되었습니다.',
  reload: '불러오기',
};
