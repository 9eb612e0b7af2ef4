/** An open conversation with its header and its settings. What the line says of it leads away where it must. */
import Box from '@mui/material/Box';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, type RefObject, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ContextGauge } from '@/features/chat/ContextGauge';
import { ChatView } from '@/features/chat/ChatView';
import { useChat } from '@/features/chat/useChat';
import { ModelPicker } from '@/features/models/ModelPicker';
import { LogNotice } from '@/features/house/LogNotice';
import { QuotaNotice } from '@/features/house/QuotaNotice';
import { ModelNotice } from '@/features/models/ModelNotice';
import { TemporaryNotice } from '@/features/sessions/TemporaryNotice';
import { useSessionModel } from '@/features/models/useSessionModel';
import { usePersonaModel } from '@/features/personas/usePersonas';
import { showSession } from '@/features/sessions/useSessions';
import { useShortcuts } from '@/features/settings/shortcuts';
import { splitReasoning } from '@/features/chat/markdown/reasoning';
import { lastAnswer } from '@/features/chat/state/tree';
import { withTexts } from '@/shared/i18n';
import { useCopy } from '@/shared/ui/useCopy';
import { ME } from '@/shared/api/me';
import { useSight } from '@/shared/api/useModels';
import type { Session } from '@/shared/api/types';
import type { LineState } from '@/shared/socket/connection';
import { ChatHeader } from './ChatHeader';
import { useHit } from './useHit';

const SettingsDrawer = lazy(() => import('@/features/settings/SettingsDrawer'));
const PersonaTag = lazy(() => import('@/features/personas/PersonaTag'));
const SessionDocuments = lazy(() => withTexts(import('@/features/documents/SessionDocuments')));

interface OpenChatProps {
  sessionId: number;
  userName: string;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  menuButton: ReactNode;
}

export function OpenChat({ sessionId, userName, inputRef, menuButton }: OpenChatProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const chat = useChat(sessionId);
  const [title, setTitle] = useState('');
  const [isTemporary, setIsTemporary] = useState(false);
  const [persona, setPersona] = useState<number | null>();
  const { chosen } = useSessionModel(sessionId);
  const byItself = usePersonaModel(persona);
  // The server's rule (turn_job.py): the conversation's model, else its persona's, else the house's.
  const sight = useSight(chosen === '' ? byItself : chosen);
  const [settings, setSettings] = useState<'never' | 'open' | 'closed'>('never');

  const onSession = useCallback(
    (session: Session) => {
      setTitle(session.title);
      setIsTemporary(session.is_temporary);
      setPersona(session.persona);
      showSession(queries, session);
    },
    [queries],
  );
  const onLine = useCallback(
    (line: LineState) => {
      if (line === 'missing') navigate('/not-found', { replace: true });
      // The server may also refuse before the socket is open, without a reason: asking who we are tells.
      if (line === 'signed_out' || line === 'lost') queries.invalidateQueries({ queryKey: ME }).catch(() => undefined);
    },
    [navigate, queries],
  );

  const onFailure = useCallback(() => {
    queries.invalidateQueries({ queryKey: ['llm', 'stats'] }).catch(() => undefined);
  }, [queries]);

  const [, copy] = useCopy();
  useShortcuts({
    stop: () => chat?.stopRunning(),
    copyLast: () => {
      const answer = chat && lastAnswer(chat.getState());
      if (answer) copy(splitReasoning(answer.content).answer);
    },
  });

  const shownTitle = title || t('sessions.untitled');
  useEffect(() => {
    document.title = `${shownTitle} · ${t('app.name')}`;
  }, [shownTitle, t]);
  useHit(chat);
  useEffect(() => {
    if (!globalThis.matchMedia?.('(pointer: coarse)').matches) inputRef.current?.focus();
  }, [inputRef]);

  return (
    <>
      <ChatHeader
        title={shownTitle}
        menuButton={menuButton}
        model={
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5, minWidth: 0 }}>
            {typeof persona === 'number' && (
              <Suspense>
                <PersonaTag id={persona} />
              </Suspense>
            )}
            <ModelPicker sessionId={sessionId} byItself={byItself ?? ''} />
          </Box>
        }
        gauge={chat && <ContextGauge chat={chat} />}
        onSettings={() => setSettings('open')}
      />
      {chat && (
        <ChatView
          chat={chat}
          userName={userName}
          inputRef={inputRef}
          sight={sight}
          notice={
            <>
              {isTemporary ? <TemporaryNotice sessionId={sessionId} /> : <LogNotice />}
              <ModelNotice />
              <QuotaNotice />
            </>
          }
          onLine={onLine}
          onSession={onSession}
          onFailure={onFailure}
        />
      )}
      {settings !== 'never' && (
        <Suspense>
          <SettingsDrawer
            sessionId={sessionId}
            isOpen={settings === 'open'}
            onClose={() => setSettings('closed')}
            Documents={SessionDocuments}
          />
        </Suspense>
      )}
    </>
  );
}
