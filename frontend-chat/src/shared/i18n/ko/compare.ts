import type { Catalogue } from '../en';

export const compare: Catalogue['compare'] = {
  title: '두 모델 비교',
  about: '다음 메시지에 두 모델이 동시에 답합니다. 더 나은 답변을 고르면 그 답변으로 대화가 이어집니다.',
  blind: '블라인드: 이름은 투표한 뒤에 공개',
  first: '첫 번째 모델',
  second: '두 번째 모델',
  drawn: '아무 모델이나 두 개(제비뽑기)',
  choose: '다음 메시지에 쓰기',
  answers: '두 답변',
  side: '답변 {{letter}}',
  chosen: '더 나음',
  goOn: '{{letter}}로 이어가기',
  vote: '투표',
  verdict: {
    a: 'A가 더 좋음',
    b: 'B가 더 좋음',
    tie: '둘 다 좋음',
    both_bad: '둘 다 별로',
  },
  wait: '두 모델이 모두 답하면 투표할 수 있습니다.',
  hint: '더 나은 답변으로 대화가 이어집니다.',
  hintBlind: '투표하면 이름이 공개됩니다.',
  incomplete: '한쪽이 답변하지 못해 투표할 수 없습니다.',
  skip: '투표하지 않고 이름 보기',
  said: {
    a: 'A가 더 좋다고 투표했습니다.',
    b: 'B가 더 좋다고 투표했습니다.',
    tie: '둘 다 좋다고 투표했습니다.',
    both_bad: '둘 다 별로라고 투표했습니다.',
    skipped: '투표하지 않고 이름을 확인했습니다.',
  },
};
