/** The files of a message. They come from this server only; a press downloads. */
import FileIcon from '@mui/icons-material/DescriptionOutlined';
import Box from '@mui/material/Box';
import { documents } from '@/shared/api/memory';
import { imageUrl } from '@/shared/api/uploads';
import type { Attachment } from '@/shared/socket/frames';

export function SentFiles({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'flex-end', gap: 1, mb: 1 }}>
      {attachments.map(({ kind, id, name }) =>
        kind === 'image' ? (
          <Box key={`${kind}${id}`} component="a" href={imageUrl(id)} download={name} sx={frameStyle}>
            <Box component="img" src={imageUrl(id)} alt={name} loading="lazy" sx={imageStyle} />
          </Box>
        ) : (
          <Box key={`${kind}${id}`} component="a" href={documents.fileUrl(id)} sx={fileStyle}>
            <FileIcon fontSize="small" />
            <span>{name}</span>
          </Box>
        ),
      )}
    </Box>
  );
}

const frameStyle = { borderRadius: '14px', overflow: 'hidden', border: 1, borderColor: 'divider', display: 'block' };
// A fixed height: what is loaded late must not move what is read.
const imageStyle = { height: 160, maxWidth: 280, objectFit: 'cover', display: 'block', bgcolor: 'surface.code' };
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
