/**
 * The tools that an answer called: what ran is folded above its text; what waits for the user's word stands below it, with
 * everything that would be sent. What a tool says was written by strangers and is shown as plain text.
 */
import ToolIcon from '@mui/icons-material/BuildOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { ToolCall } from '@/shared/api/types';

/** `isRunning`: the answer is being made. What was open when it ended will not be decided any more. */
export function ToolCallsDone({ calls, isRunning }: { calls: readonly ToolCall[]; isRunning: boolean }) {
  const { t } = useTranslation();
  const shown = calls.filter((call) => !isRunning || call.state !== 'waiting');
  if (shown.length === 0) return null;
  return (
    <Box sx={{ mb: 1.5 }}>
      {shown.map((call) => (
        <Box component="details" key={call.id} data-testid="tool-call" data-state={call.state} sx={foldedStyle}>
          <summary>
            <ToolIcon aria-hidden="true" />
            <b>{nameOf(call)}</b> · {stateText(t, call, isRunning)}
          </summary>
          <Box sx={{ borderLeft: 2, borderColor: 'divider', pl: 2, pb: 1 }}>
            <Part title={t('tools.arguments')} text={pretty(call.arguments)} />
            {call.state === 'done' && (
              <>
                <Part title={t('tools.result')} text={pretty(call.result)} />
                <Box sx={{ fontSize: '0.8rem' }}>
                  {call.result_chars > call.result.length && `${t('tools.cut', { count: call.result_chars })} `}
                  {t('tools.untrusted')}
                </Box>
              </>
            )}
          </Box>
        </Box>
      ))}
    </Box>
  );
}

interface ToolQuestionsProps {
  calls: readonly ToolCall[];
  onDecide: (callId: string, isApproved: boolean) => void;
  /** Whether a word could be sent now. */
  isOpen: boolean;
}

export function ToolQuestions({ calls, onDecide, isOpen }: ToolQuestionsProps) {
  const { t } = useTranslation();
  return calls
    .filter((call) => call.state === 'waiting')
    .map((call) => (
      <Box
        component="section"
        key={call.id}
        aria-label={t('tools.question', { tool: nameOf(call) })}
        data-testid="tool-question"
        sx={{
          my: 1.5,
          p: 2,
          border: 1,
          borderColor: 'primary.main',
          borderRadius: '16px',
          bgcolor: 'background.paper',
        }}
      >
        <Box role="status" sx={{ display: 'flex', gap: 1, mb: 1, overflowWrap: 'anywhere' }}>
          <ToolIcon aria-hidden="true" sx={{ fontSize: 20, mt: '3px', color: 'primary.main', flex: 'none' }} />
          <span>{t('tools.question', { tool: nameOf(call) })}</span>
        </Box>
        <Part title={t('tools.sent', { server: call.server })} text={pretty(call.arguments)} />
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 1.5 }}>
          <Button variant="contained" size="small" disabled={!isOpen} onClick={() => onDecide(call.id, true)}>
            {t('tools.allow')}
          </Button>
          <Button variant="outlined" size="small" disabled={!isOpen} onClick={() => onDecide(call.id, false)}>
            {t('tools.refuse')}
          </Button>
        </Box>
      </Box>
    ));
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <>
      <Box sx={{ fontSize: '0.8rem', color: 'text.secondary' }}>{title}</Box>
      {/* It may scroll: then the keyboard must reach it. */}
      <Box component="pre" tabIndex={0} aria-label={title} sx={textStyle}>
        {text}
      </Box>
    </>
  );
}

function nameOf({ server, tool }: ToolCall): string {
  return server === '' ? tool : `${server} · ${tool.slice(server.length + 2)}`;
}

/** JSON as people read it; what is none stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function stateText(t: TFunction, call: ToolCall, isRunning: boolean): string {
  if (!isRunning && (call.state === 'waiting' || call.state === 'running')) return t('tools.open');
  if (call.state === 'refused' && call.decided_by === 'time') return t('tools.timeOut');
  if (call.state === 'failed') return t('tools.failed', { code: call.error_code ?? '' });
  if (call.state === 'done' && call.is_error) return t('tools.doneWithError');
  return t(`tools.${call.state}`);
}

const foldedStyle = {
  color: 'text.secondary',
  fontSize: '0.9rem',
  '& summary': { cursor: 'pointer', py: 0.5, width: 'fit-content', borderRadius: '8px', listStyle: 'none' },
  '& summary::-webkit-details-marker': { display: 'none' },
  '& summary:hover': { color: 'text.primary' },
  '& summary svg': { fontSize: 17, verticalAlign: '-3px', mr: 0.75 },
} as const;

const textStyle = {
  m: 0,
  my: 0.5,
  p: 1.25,
  maxHeight: 280,
  overflow: 'auto',
  whiteSpace: 'pre-wrap',
  overflowWrap: 'anywhere',
  borderRadius: '10px',
  bgcolor: 'action.hover',
  fontSize: '0.85rem',
} as const;
