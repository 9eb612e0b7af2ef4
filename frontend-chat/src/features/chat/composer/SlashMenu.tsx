/** What “/” offers: the prompts of the library by their commands, and a few acts. Keys are those of the box: it keeps the focus. */
import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { prompts } from '@/shared/api/library';
import { type Command, matching } from './slash';

interface SlashMenuProps {
  query: string;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  onInsert: (text: string) => void;
  onClose: () => void;
  onFiles: (files: readonly File[]) => void;
}

export default function SlashMenu({ query, inputRef, onInsert, onClose }: SlashMenuProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const id = useId();
  const [at, setAt] = useState(0);
  const { data } = useQuery({ queryKey: ['prompts'], queryFn: prompts.list });
  const commands = useMemo<Command[]>(() => {
    const builtIn = [
      { command: 'new', title: t('compose.slashNew'), content: null },
      { command: 'prompts', title: t('compose.slashPrompts'), content: null },
    ];
    return matching([...(data ?? []), ...builtIn], query);
  }, [data, query, t]);
  const index = Math.min(at, commands.length - 1);

  const run = (chosen: Command | undefined) => {
    if (!chosen) return;
    onInsert(chosen.content ?? '');
    if (chosen.content === null) navigate(chosen.command === 'new' ? '/' : '/prompts');
    else selectFirstVariable(inputRef.current, chosen.content);
  };
  const latest = useRef({ run, commands, index, onClose });
  useEffect(() => {
    latest.current = { run, commands, index, onClose };
  });
  useEffect(() => {
    const input = inputRef.current;
    if (!input) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const now = latest.current;
      if (event.isComposing || event.keyCode === 229 || now.commands.length === 0) return;
      if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) setAt((now.index + step + now.commands.length) % now.commands.length);
      else if (event.key === 'Enter' || event.key === 'Tab') now.run(now.commands[now.index]);
      else if (event.key === 'Escape') now.onClose();
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    input.addEventListener('keydown', onKeyDown);
    return () => input.removeEventListener('keydown', onKeyDown);
  }, [inputRef]);
  useEffect(() => {
    const input = inputRef.current;
    input?.setAttribute('aria-controls', id);
    input?.setAttribute('aria-activedescendant', `${id}-${index}`);
    return () => {
      input?.removeAttribute('aria-controls');
      input?.removeAttribute('aria-activedescendant');
    };
  }, [inputRef, id, index]);

  if (commands.length === 0) return null;
  return (
    <Paper elevation={6} sx={paperStyle}>
      <Box
        component="ul"
        id={id}
        role="listbox"
        aria-label={t('compose.slash')}
        sx={{ m: 0, p: 0.75, listStyle: 'none' }}
      >
        {commands.map((command, n) => (
          <Box
            component="li"
            key={command.command + command.title}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === index}
            onMouseDown={(event) => {
              event.preventDefault();
              run(command);
            }}
            sx={{ ...rowStyle, ...(n === index && { bgcolor: 'surface.hover' }) }}
          >
            <Typography component="span" variant="body2" sx={{ fontWeight: 650, flex: 'none' }}>
              /{command.command}
            </Typography>
            <Typography component="span" variant="body2" noWrap sx={{ color: 'text.secondary' }}>
              {command.title}
            </Typography>
          </Box>
        ))}
      </Box>
    </Paper>
  );
}

/** The first `{{place}}` is what is to be written next. */
function selectFirstVariable(input: HTMLTextAreaElement | null, content: string): void {
  const found = /\{\{[^{}]+\}\}/.exec(content);
  requestAnimationFrame(() => {
    input?.focus();
    const end = found ? found.index + found[0].length : content.length;
    input?.setSelectionRange(found?.index ?? content.length, end);
  });
}

const paperStyle = {
  position: 'absolute',
  bottom: 'calc(100% + 8px)',
  left: 0,
  right: 0,
  maxHeight: 300,
  overflowY: 'auto',
  borderRadius: '14px',
  zIndex: 2,
} as const;
const rowStyle = { display: 'flex', gap: 1.5, px: 1.5, py: 1, borderRadius: '9px', cursor: 'pointer' } as const;
