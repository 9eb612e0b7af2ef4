/** Files above the words: what each is and how far, or why it cannot go along. Loaded with the first file. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import FileIcon from '@mui/icons-material/DescriptionOutlined';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Sight } from '@/shared/api/useModels';
import { problemText } from '@/shared/i18n/problem';
import type { Item } from './useAttachments';

export default function AttachmentStrip({
  items,
  isTemporary,
  sight,
  onRemove,
}: {
  items: readonly Item[];
  isTemporary: boolean;
  sight: Sight | undefined;
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
        <Box component="li" key={item.key} data-testid="attachment" data-state={item.state} sx={tileStyle}>
          {item.kind === 'image' ? (
            <Box component="img" src={item.preview} alt="" sx={{ ...sideStyle, objectFit: 'cover' }} />
          ) : (
            <Box sx={{ ...sideStyle, display: 'grid', placeItems: 'center', color: 'text.secondary' }}>
              <FileIcon fontSize="small" />
            </Box>
          )}
          <Box sx={{ minWidth: 0, flex: 1 }}>
            <Typography variant="caption" noWrap component="p">
              {item.name}
            </Typography>
            {item.problem ? (
              <Typography variant="caption" component="p" color="error" role="alert">
                {problemText(t, item.problem)}
              </Typography>
            ) : (
              item.state !== 'ready' && (
                <>
                  {item.state === 'reading' && (
                    <Typography variant="caption" component="p" sx={{ color: 'text.secondary', lineHeight: 1.2 }}>
                      {t('compose.reading')}
                    </Typography>
                  )}
                  <LinearProgress
                    variant={item.state === 'reading' && item.progress === 0 ? 'indeterminate' : 'determinate'}
                    value={item.progress * 100}
                    aria-label={t(`compose.${item.state === 'reading' ? 'readingOf' : 'uploading'}`, {
                      name: item.name,
                    })}
                  />
                </>
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
      {sight && sight.sees !== true && items.some(({ kind }) => kind === 'image') && (
        <Typography component="li" variant="caption" data-testid="sight" sx={noteStyle}>
          {sight.sees === false ? (
            <Box component="span" role="alert" sx={{ color: 'error.main' }}>
              {t('compose.blind', { model: sight.model })}
            </Box>
          ) : (
            t('compose.maybeBlind', { model: sight.model })
          )}
        </Typography>
      )}
      {items.some(({ kind }) => kind === 'document') && (
        <Typography component="li" variant="caption" sx={noteStyle}>
          {t(`compose.${isTemporary ? 'temporary' : 'kept'}Document`)}
        </Typography>
      )}
    </Box>
  );
}

const sideStyle = { width: 44, height: 44, flex: 'none' } as const;
const noteStyle = { width: '100%', listStyle: 'none', color: 'text.secondary', px: 0.5 } as const;
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
