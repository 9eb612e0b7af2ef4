import type { Catalogue } from '../en';

export const crash: Catalogue['crash'] = {
  title: '문제가 생겼습니다',
  text: '화면의 일부가 멈췄습니다. 대화는 서버에 안전하게 저장되어 있습니다.',
  reload: '페이지 새로고침',
};
