/** The dashboard's own sentences. The Korean catalogue has the same keys (a type and a test see to it). */
export const en = {
  maru: {
    title: 'Maru administration',
    to_chat: 'Back to the chat',
    main_menu: 'Main menu',
    auth: {
      heading: 'Administration',
      hint: 'Sign in with the account of an administrator.',
      staff_only: 'This place is for staff. Your account may use the chat, but not the administration.',
      needs_setup: 'This house has no administrator yet. Create one in the chat first.',
      go_to_setup: 'Create the administrator',
    },
    error: { unreachable: 'The server cannot be reached. Is it running?' },
    role: { superuser: 'Administrator', staff: 'Staff', user: 'User' },
    state: { active: 'Active', inactive: 'Disabled' },
    language: { auto: 'follows the browser', ko: '한국어', en: 'English' },
    users: {
      empty: 'No accounts yet.',
      conversations: 'Conversations',
      private: 'Only the owner can read what was said; staff sees how much and when.',
    },
    sessions: { flags: 'State', pinned: 'Pinned', archived: 'Archived', temporary: 'Temporary', none: 'none yet' },
  },
  resources: {
    users: {
      name: 'User |||| Users',
      fields: {
        id: 'No.',
        username: 'Username',
        display_name: 'Name',
        email: 'Email',
        language: 'Language',
        role: 'Role',
        is_active: 'Account',
        is_staff: 'Staff',
        is_superuser: 'Administrator',
        date_joined: 'Joined',
        last_login: 'Last sign-in',
        n_sessions: 'Conversations',
        last_activity_at: 'Last active',
      },
    },
    sessions: {
      name: 'Conversation |||| Conversations',
      fields: {
        id: 'No.',
        user: 'Owner',
        username: 'Owner',
        n_messages: 'Messages',
        model: 'Model',
        archived: 'Archived',
        is_temporary: 'Temporary',
        created_at: 'Started',
        last_activity_at: 'Last active',
      },
    },
  },
};

export type Messages = typeof en;
