/** The files of a message. They come from this server only: an image opens large, a document is downloaded. */
import FileIcon from '@mui/icons-material/DescriptionOutlined';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { documents } from '@/shared/api/memory';
import { imageUrl } from '@/shared/api/uploads';
import type { Attachment } from '@/shared/socket/frames';

const ImageDialog = lazy(() => import('./ImageDialog'));

export function SentFiles({ attachments }: { attachments: readonly Attachment[] }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<number | null>(null);
  const images = attachments.filter(({ kind }) => kind === 'image');
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'flex-end', gap: 1, mb: 1 }}>
      {images.map(({ id, name }, at) => (
        <ButtonBase
          key={`image${id}`}
          aria-haspopup="dialog"
          aria-label={t('compose.openImage', { name })}
          onClick={() => setOpened(at)}
          sx={frameStyle}
        >
          <Box component="img" src={imageUrl(id)} alt={name} loading="lazy" sx={imageStyle} />
        </ButtonBase>
      ))}
      {attachments.map(
        ({ kind, id, name }) =>
          kind === 'document' && (
            <Box key={`document${id}`} component="a" href={documents.fileUrl(id)} sx={fileStyle}>
              <FileIcon fontSize="small" />
              <span>{name}</span>
            </Box>
          ),
      )}
      {opened !== null && (
        <Suspense>
          <ImageDialog images={images} first={opened} onClose={() => setOpened(null)} />
        </Suspense>
      )}
    </Box>
  );
}

const frameStyle = {
  borderRadius: '14px',
  overflow: 'hidden',
  border: 1,
  borderColor: 'divider',
  display: 'block',
  maxWidth: '100%',
  '&:hover': { borderColor: 'text.secondary' },
  '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
} as const;
// A fixed height: what is loaded late must not move what is read.
const imageStyle = {
  height: { xs: 120, sm: 160 },
  minWidth: 64,
  maxWidth: { xs: '100%', sm: 280 },
  objectFit: 'cover',
  display: 'block',
  bgcolor: 'surface.code',
} as const;
const fileStyle = {
  display: 'flex',
  alignItems: 'center',
  gap: 0.5,
  px: 1.25,
  py: 0.75,
  border: 1,
  borderColor: 'divider',
  borderRadius: '10px',
  fontSize: '0.85rem',
  maxWidth: '100%',
  overflowWrap: 'anywhere',
  color: 'text.primary',
  textDecoration: 'none',
  '&:hover': { bgcolor: 'surface.hover' },
};
