/** The sentences of the page "Feedback" in Korean. */
import type { feedbackEn } from './feedback.en';

export const feedbackKo: typeof feedbackEn = {
  privacy: '본인이 평가를 공유한 경우(채팅 → 설정)에만 내용을 보고 학습에 쓸 수 있습니다. 나머지는 수치만 표시됩니다.',
  sums: '모델별',
  model: '모델',
  good: '좋음',
  bad: '나쁨',
  shared: '공유됨',
  share: '좋음 %{n}%',
  share_of_good: '좋음 비율',
  all: '전체',
  any_model: '모든 모델',
  not_shared: '본인이 공유하지 않음',
  note: '메모',
  more: '이전 평가',
  none: '아직 평가가 없습니다.',
  role: { user: '사용자', assistant: '답변', system: '시스템' },
  export: {
    heading: '학습 데이터',
    text: '공유된 평가를 파인튜닝 도구에서 쓸 수 있는 JSONL로 저장합니다. 학습은 다른 곳에서 하고, 만들어진 LoRA 어댑터 파일은 모델 화면에서 가져옵니다.',
    chat: '대화(chat 형식)',
    preference: '좋은 답변과 나쁜 답변의 짝',
    count: '공유된 평가 %{n}개',
  },
};
