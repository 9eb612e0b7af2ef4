import type { Catalogue } from '../en';

export const notFound: Catalogue['notFound'] = {
  title: '찾을 수 없습니다',
  text: '없는 대화이거나 다른 사람의 대화입니다.',
};
