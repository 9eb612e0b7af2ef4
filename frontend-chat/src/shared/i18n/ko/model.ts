import type { Catalogue } from '../en';

export const model: Catalogue['model'] = {
  sees: '이미지를 볼 수 있음',
  choose: '모델: {{name}}. 다른 모델 선택',
  noneTitle: '아직 모델이 없습니다',
  noneText: '마루는 켜져 있지만 답변할 언어 모델이 없습니다.',
  noneStep1: 'GGUF 형식의 모델 파일(.gguf)을 준비해 주세요.',
  noneStep2: '마루의 “models” 폴더에 넣거나 MODEL_PATH로 파일 위치를 알려 주세요.',
  noneStep3: '몇 초 안에 마루가 알아서 불러옵니다.',
  checkAgain: '다시 확인',
  starting: '모델을 불러오고 있습니다. 지금 메시지를 보내도 되며, 준비되는 대로 답변합니다.',
  down: '엔진이 잠시 멈췄습니다. 다시 시작하는 중입니다.',
  starterNotice:
    '지금은 내장 스타터 모델과 대화하고 있습니다. 마루를 시험해 보기 위한 작은 모델이므로, 제대로 된 답변을 받으려면 “models” 폴더에 GGUF 모델을 넣어 주세요. 자동으로 바뀝니다.',
  starterGot: '알겠어요',
};
