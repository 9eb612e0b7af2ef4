/** Files above the words: a small picture with its progress, or why it cannot go along. Loaded with the first file. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { problemText } from '@/shared/i18n/problem';
import type { Item } from './useAttachments';

export default function AttachmentStrip({
  items,
  onRemove,
}: {
  items: readonly Item[];
  onRemove: (key: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <Box
      component="ul"
      aria-label={t('compose.attachments')}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, p: 1, m: 0 }}
    >
      {items.map((item) => (
        <Box component="li" key={item.key} data-testid="attachment" data-state={stateOf(item)} sx={tileStyle}>
          <Box
            component="img"
            src={item.preview}
            alt=""
            sx={{ width: 44, height: 44, objectFit: 'cover', flex: 'none' }}
          />
          <Box sx={{ minWidth: 0, flex: 1 }}>
            <Typography variant="caption" noWrap component="p">
              {item.name}
            </Typography>
            {item.problem ? (
              <Typography variant="caption" component="p" color="error" role="alert">
                {problemText(t, item.problem)}
              </Typography>
            ) : (
              item.id === null && (
                <LinearProgress
                  variant="determinate"
                  value={item.progress * 100}
                  aria-label={t('compose.uploading', { name: item.name })}
                />
              )
            )}
          </Box>
          <IconButton
            size="small"
            aria-label={t('compose.remove', { name: item.name })}
            onClick={() => onRemove(item.key)}
          >
            <CloseIcon fontSize="small" />
          </IconButton>
        </Box>
      ))}
      <Typography component="li" variant="caption" sx={{ width: '100%', listStyle: 'none', color: 'text.secondary' }}>
        {t('compose.unseen')}
      </Typography>
    </Box>
  );
}

const stateOf = (item: Item) => (item.problem ? 'failed' : item.id === null ? 'sending' : 'ready');

const tileStyle = {
  listStyle: 'none',
  display: 'flex',
  alignItems: 'center',
  gap: 1,
  pr: 0.5,
  width: 240,
  maxWidth: '100%',
  overflow: 'hidden',
  border: 1,
  borderColor: 'divider',
  borderRadius: '12px',
  bgcolor: 'surface.code',
};
