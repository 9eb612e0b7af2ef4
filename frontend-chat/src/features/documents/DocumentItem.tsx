/** A document: what it is, how far its reading is or why it failed, and what can be done with it. */
import MoreIcon from '@mui/icons-material/MoreHorizRounded';
import FileIcon from '@mui/icons-material/DescriptionOutlined';
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import LinearProgress from '@mui/material/LinearProgress';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type DocumentRow, documents, type Folder } from '@/shared/api/memory';

interface DocumentItemProps {
  document: DocumentRow;
  folders: Folder[];
  mayChange: boolean;
  onTalk: () => void;
  onMove: (to: number | null) => void;
  onReindex: () => void;
  onRemove: () => void;
}

export function DocumentItem({ document, folders, mayChange, onTalk, onMove, onReindex, onRemove }: DocumentItemProps) {
  const { t, i18n } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const isBusy = document.status !== 'ready' && document.status !== 'failed';
  const acts: [string, () => void][] = [
    ...(document.status === 'ready' ? [[t('documents.talk'), onTalk] as [string, () => void]] : []),
    [t('documents.download'), () => globalThis.location.assign(documents.fileUrl(document.id))],
  ];
  if (mayChange) {
    acts.push([t('documents.reindex'), onReindex]);
    for (const folder of folders) {
      if (folder.id !== document.collection && folder.is_shared === document.is_shared) {
        acts.push([t('documents.moveTo', { name: folder.name }), () => onMove(folder.id)]);
      }
    }
    if (document.collection !== null && !document.is_shared) acts.push([t('documents.moveOut'), () => onMove(null)]);
    acts.push([t('documents.delete'), onRemove]);
  }
  const size = new Intl.NumberFormat(i18n.resolvedLanguage, { maximumFractionDigits: 1 });
  return (
    <Box component="li" sx={rowStyle}>
      <FileIcon sx={{ color: document.status === 'failed' ? 'error.main' : 'text.secondary' }} />
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography noWrap sx={{ fontWeight: 600 }}>
          {document.title}
          {document.is_shared && <Chip size="small" label={t('documents.shared')} sx={{ ml: 1, height: 20 }} />}
        </Typography>
        <Typography variant="body2" sx={{ color: document.status === 'failed' ? 'error.main' : 'text.secondary' }}>
          {document.status === 'failed'
            ? (document.error ?? t('documents.status.failed'))
            : [
                document.kind.toUpperCase(),
                `${size.format(document.n_bytes / 1024)} KiB`,
                document.n_pages ? t('documents.pages', { count: document.n_pages }) : '',
                t(`documents.status.${document.status}`),
              ]
                .filter(Boolean)
                .join(' · ')}
        </Typography>
        {isBusy && (
          <LinearProgress
            aria-label={t(`documents.status.${document.status}`)}
            variant={document.status === 'indexing' ? 'determinate' : 'indeterminate'}
            value={document.progress * 100}
            sx={{ mt: 0.75 }}
          />
        )}
      </Box>
      <IconButton
        aria-label={t('documents.actions', { title: document.title })}
        onClick={(e) => setAnchor(e.currentTarget)}
      >
        <MoreIcon fontSize="small" />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {acts.map(([text, act]) => (
          <MenuItem
            key={text}
            sx={act === onRemove ? { color: 'error.main' } : undefined}
            onClick={() => {
              setAnchor(null);
              act();
            }}
          >
            {text}
          </MenuItem>
        ))}
      </Menu>
    </Box>
  );
}

const rowStyle = {
  display: 'flex',
  alignItems: 'center',
  gap: 1.5,
  pl: 2,
  pr: 1,
  py: 1.25,
  border: 1,
  borderColor: 'divider',
  borderRadius: '14px',
  bgcolor: 'background.paper',
} as const;
