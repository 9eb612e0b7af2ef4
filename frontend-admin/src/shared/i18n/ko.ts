/** The dashboard's own sentences in Korean. */
import type { Messages } from './en';

export const ko: Messages = {
  maru: {
    title: '마루 관리',
    to_chat: '채팅으로 돌아가기',
    main_menu: '주 메뉴',
    auth: {
      heading: '관리자 페이지',
      hint: '관리자 계정으로 로그인해 주세요.',
      staff_only: '이곳은 운영진만 들어올 수 있습니다. 이 계정으로 채팅은 쓸 수 있지만 관리 기능은 쓸 수 없습니다.',
      needs_setup: '아직 관리자 계정이 없습니다. 먼저 채팅 화면에서 관리자를 만들어 주세요.',
      go_to_setup: '관리자 만들기',
    },
    error: { unreachable: '서버에 연결할 수 없습니다. 서버가 실행 중인지 확인해 주세요.' },
    role: { superuser: '관리자', staff: '운영진', user: '사용자' },
    state: { active: '사용 중', inactive: '사용 중지' },
    language: { auto: '브라우저 설정', ko: '한국어', en: 'English' },
    users: {
      empty: '아직 계정이 없습니다.',
      conversations: '대화',
      private: '대화 내용은 주인만 읽을 수 있습니다. 운영진에게는 대화 수와 시각만 보입니다.',
    },
    sessions: { flags: '상태', pinned: '고정됨', archived: '보관됨', temporary: '임시 대화', none: '아직 없음' },
  },
  resources: {
    users: {
      name: '사용자',
      fields: {
        id: '번호',
        username: '아이디',
        display_name: '이름',
        email: '이메일',
        language: '언어',
        role: '역할',
        is_active: '계정',
        is_staff: '운영진',
        is_superuser: '관리자',
        date_joined: '가입',
        last_login: '최근 로그인',
        n_sessions: '대화 수',
        last_activity_at: '최근 활동',
      },
    },
    sessions: {
      name: '대화',
      fields: {
        id: '번호',
        user: '주인',
        username: '주인',
        n_messages: '메시지 수',
        model: '모델',
        archived: '보관됨',
        is_temporary: '임시 대화',
        created_at: '시작',
        last_activity_at: '최근 활동',
      },
    },
  },
};
