/** At the box: that the next message goes to two models, and what was chosen. Only where there are two. */
import CompareIcon from '@mui/icons-material/CompareArrowsRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useModels } from '@/shared/api/useModels';
import { withTexts } from '@/shared/i18n';
import type { Compare } from '@/shared/socket/frames';

const CompareDialog = lazy(() => withTexts(import('../compare/CompareDialog')));

export function useCanCompare(): boolean {
  return (useModels().data?.length ?? 0) > 1;
}

interface CompareSwitchProps {
  compare: Compare | null;
  onChange: (compare: Compare | null) => void;
}

export function CompareSwitch({ compare, onChange }: CompareSwitchProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Tooltip title={t('compose.compareAbout')} describeChild>
        <IconButton
          role="switch"
          aria-checked={compare !== null}
          aria-label={t('compose.compare')}
          data-testid="compare-switch"
          onClick={() => (compare === null ? setIsOpen(true) : onChange(null))}
          sx={{
            width: 40,
            height: 40,
            color: 'text.secondary',
            ...(compare !== null && {
              bgcolor: 'primary.main',
              color: 'primary.contrastText',
              '&:hover': { bgcolor: 'primary.dark' },
            }),
          }}
        >
          <CompareIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      {isOpen && (
        <Suspense>
          <CompareDialog
            onChoose={(chosen) => {
              setIsOpen(false);
              onChange(chosen);
            }}
            onClose={() => setIsOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}

export function CompareNotice({ compare }: { compare: Compare }) {
  const { t } = useTranslation();
  const [first, second] = compare.models;
  const kind = compare.is_blind ? (first ? 'Blind' : 'Drawn') : 'Named';
  return (
    <Box
      role="status"
      data-testid="compare-notice"
      sx={{ display: 'flex', gap: 1, px: 1, pt: 0.5, pb: 1, fontSize: '0.85rem', color: 'text.secondary' }}
    >
      <CompareIcon aria-hidden="true" sx={{ fontSize: 18, mt: '1px', flex: 'none', color: 'primary.main' }} />
      {t(`compose.compare${kind}`, { first, second })}
    </Box>
  );
}
