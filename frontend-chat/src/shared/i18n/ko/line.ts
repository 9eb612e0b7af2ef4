import type { Catalogue } from '../en';

export const line: Catalogue['line'] = {
  lost: '연결이 끊겼습니다. 다시 연결하는 중…',
  restarting: '마루가 다시 시작하고 있습니다. 잠시만 기다려 주세요…',
  offline: '오프라인 상태입니다. 불러온 내용은 계속 읽을 수 있습니다.',
  kept: '이 기기에 보관된 내용입니다. 보낸 메시지는 다시 연결되면 한 번만 전송됩니다.',
  refused: '이 주소에서는 연결할 수 없습니다. 관리자에게 허용을 요청해 주세요.',
  now: '지금 다시 연결',
};
