/** The prompts one may insert by their commands; a press opens the editor. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Prompt } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { Loading } from '@/shared/ui/Loading';
import { useDeletePrompt, usePrompts } from './usePrompts';

const PromptEditor = lazy(() => import('./PromptEditor'));

interface PromptListProps {
  isStaff: boolean;
  isMaking: boolean;
  onMade: () => void;
}

export function PromptList({ isStaff, isMaking, onMade }: PromptListProps) {
  const { t } = useTranslation();
  const listed = usePrompts();
  const { data: prompts } = listed;
  const { mutate: remove } = useDeletePrompt();
  const [open, setOpen] = useState<Prompt | null>(null);
  const [doomed, setDoomed] = useState<Prompt | null>(null);
  if (!prompts) return <Loading of={listed} height={160} />;
  const mayChange = (prompt: Prompt) => !prompt.is_shared || isStaff;
  return (
    <>
      {prompts.length === 0 && <Typography sx={{ color: 'text.secondary' }}>{t('library.none')}</Typography>}
      <Box component="ul" sx={{ listStyle: 'none', p: 0, m: 0, display: 'grid', gap: 1 }}>
        {prompts.map((prompt) => (
          <Box component="li" key={prompt.id} sx={rowStyle}>
            <ButtonBase disabled={!mayChange(prompt)} onClick={() => setOpen(prompt)} sx={textStyle}>
              <span>
                <Typography component="span" sx={{ fontWeight: 650, mr: 1 }}>
                  {prompt.title}
                </Typography>
                <Typography component="code" variant="body2" sx={{ color: 'primary.main' }}>
                  /{prompt.command}
                </Typography>
                {prompt.is_shared && <Chip size="small" label={t('personas.shared')} sx={{ ml: 1, height: 20 }} />}
                <Typography component="span" variant="body2" noWrap sx={{ display: 'block', color: 'text.secondary' }}>
                  {prompt.content}
                </Typography>
              </span>
            </ButtonBase>
            {mayChange(prompt) && (
              <IconButton
                aria-label={t('library.deleteOne', { title: prompt.title })}
                onClick={() => setDoomed(prompt)}
              >
                <DeleteIcon fontSize="small" />
              </IconButton>
            )}
          </Box>
        ))}
      </Box>
      {(open || isMaking) && (
        <Suspense>
          <PromptEditor
            prompt={open}
            isStaff={isStaff}
            onClose={() => {
              setOpen(null);
              onMade();
            }}
          />
        </Suspense>
      )}
      {doomed && (
        <ConfirmDialog
          title={t('library.deleteTitle')}
          text={t('library.deleteText', { title: doomed.title })}
          confirm={t('personas.delete')}
          onCancel={() => setDoomed(null)}
          onConfirm={() => {
            remove(doomed.id);
            setDoomed(null);
          }}
        />
      )}
    </>
  );
}

const rowStyle = {
  display: 'flex',
  alignItems: 'center',
  gap: 1,
  pr: 1,
  border: 1,
  borderColor: 'divider',
  borderRadius: '14px',
  bgcolor: 'background.paper',
} as const;

const textStyle = {
  flex: 1,
  minWidth: 0,
  p: 1.75,
  borderRadius: '14px',
  justifyContent: 'flex-start',
  textAlign: 'left',
  '& > span': { minWidth: 0, flex: 1 },
  '&.Mui-focusVisible': { outline: 2, outlineStyle: 'solid', outlineColor: 'primary.main' },
} as const;
