/** Where files are dropped or chosen, and how far those under way are. */
import UploadIcon from '@mui/icons-material/CloudUploadOutlined';
import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useDropzone } from 'react-dropzone';
import { useTranslation } from 'react-i18next';
import type { Upload } from './useDocuments';

interface DropZoneProps {
  running: Upload[];
  onFiles: (files: File[]) => void;
}

export function DropZone({ running, onFiles }: DropZoneProps) {
  const { t } = useTranslation();
  // What is no document is refused by the server, with a reason in the reader's language.
  const { getRootProps, getInputProps, isDragActive } = useDropzone({ onDrop: onFiles });
  return (
    <>
      <Box
        {...getRootProps({ role: 'button', 'aria-label': t('documents.drop') })}
        sx={{
          p: 3,
          textAlign: 'center',
          border: '1.5px dashed',
          borderColor: isDragActive ? 'primary.main' : 'divider',
          bgcolor: isDragActive ? 'surface.hover' : 'background.paper',
          borderRadius: '14px',
          cursor: 'pointer',
          '&:hover': { borderColor: 'text.secondary' },
          '&:focus-visible': { outline: 2, outlineStyle: 'solid', outlineColor: 'primary.main' },
        }}
      >
        <input {...getInputProps({ 'aria-label': t('documents.choose'), style: { display: 'none' } })} />
        <UploadIcon sx={{ color: 'text.secondary' }} />
        <Typography sx={{ fontWeight: 600 }}>{t('documents.drop')}</Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {t('documents.kinds')}
        </Typography>
      </Box>
      {running.map(({ key, name, share }) => (
        <Box key={key} sx={{ mt: 1.5 }}>
          <Typography variant="body2" noWrap>
            {name}
          </Typography>
          <LinearProgress aria-label={name} variant="determinate" value={Math.round(share * 100)} />
        </Box>
      ))}
    </>
  );
}
