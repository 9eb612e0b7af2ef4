/** An image of a message, large; with several the arrow keys go from one to the next. Loaded when one is opened. */
import BackIcon from '@mui/icons-material/ChevronLeftRounded';
import CloseIcon from '@mui/icons-material/CloseRounded';
import DownloadIcon from '@mui/icons-material/DownloadRounded';
import NextIcon from '@mui/icons-material/ChevronRightRounded';
import Box from '@mui/material/Box';
import Dialog from '@mui/material/Dialog';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { imageUrl } from '@/shared/api/uploads';
import type { Attachment } from '@/shared/socket/frames';

interface ImageDialogProps {
  images: readonly Attachment[];
  first: number;
  onClose: () => void;
}

export default function ImageDialog({ images, first, onClose }: ImageDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const [at, setAt] = useState(first);
  const image = images[at];
  if (!image) return null;
  const go = (step: number) => setAt(Math.min(Math.max(at + step, 0), images.length - 1));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') go(-1);
    if (event.key === 'ArrowRight') go(1);
  };
  return (
    <Dialog
      open
      fullScreen
      onClose={onClose}
      onKeyDown={onKeyDown}
      aria-labelledby={id}
      data-testid="image-dialog"
      slotProps={{ paper: { sx: { borderRadius: 0, bgcolor: 'background.default' } } }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5, px: 2, py: 1 }}>
        <Typography id={id} component="h2" noWrap sx={{ flex: 1, minWidth: 0, fontSize: '0.95rem' }}>
          {image.name}
        </Typography>
        {images.length > 1 && (
          <>
            <IconButton aria-label={t('compose.previousImage')} disabled={at === 0} onClick={() => go(-1)}>
              <BackIcon />
            </IconButton>
            <Typography variant="body2" aria-live="polite" sx={{ fontVariantNumeric: 'tabular-nums' }}>
              {t('compose.imageOf', { n: at + 1, count: images.length })}
            </Typography>
            <IconButton aria-label={t('compose.nextImage')} disabled={at === images.length - 1} onClick={() => go(1)}>
              <NextIcon />
            </IconButton>
          </>
        )}
        <IconButton
          component="a"
          href={imageUrl(image.id)}
          download={image.name}
          aria-label={t('compose.downloadImage')}
        >
          <DownloadIcon />
        </IconButton>
        <IconButton aria-label={t('app.close')} onClick={onClose} autoFocus>
          <CloseIcon />
        </IconButton>
      </Box>
      <Box sx={{ flex: 1, minHeight: 0, display: 'grid', placeItems: 'center', p: { xs: 1, sm: 3 }, pt: 0 }}>
        <Box key={image.id} component="img" src={imageUrl(image.id)} alt={image.name} sx={wholeStyle} />
      </Box>
    </Dialog>
  );
}

const wholeStyle = { width: '100%', height: '100%', objectFit: 'scale-down', minWidth: 0, minHeight: 0 } as const;
