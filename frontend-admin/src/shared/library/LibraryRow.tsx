/** A row of the library: what it is called, whose it is, and what can be done to it. Deleting asks first. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import { Box, Button, Card, Chip, IconButton, Stack, Typography } from '@mui/material';
import { useState, type ReactNode } from 'react';
import { Confirm, useTranslate } from 'react-admin';

interface LibraryRowProps {
  name: string;
  mark?: string;
  detail: ReactNode;
  isShared: boolean;
  /** What deleting does, in one sentence. */
  consequence: string;
  isBusy: boolean;
  onEdit: () => void;
  onDelete: () => void;
  onShare: (isShared: boolean) => void;
  children?: ReactNode;
}

export function LibraryRow(props: LibraryRowProps) {
  const { name, mark, detail, isShared, consequence, isBusy, onEdit, onDelete, onShare, children } = props;
  const translate = useTranslate();
  const [isGoing, setIsGoing] = useState(false);
  const share = isShared ? 'take_back' : 'publish';
  return (
    <Card aria-label={name} component="article" data-testid="library-row" variant="outlined">
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1, px: 2, py: 1.25, flexWrap: 'wrap' }}>
        <Box sx={{ flex: '1 1 260px', minWidth: 0 }}>
          <Stack direction="row" sx={{ gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
            <Typography component="h2" sx={{ overflowWrap: 'anywhere' }} variant="subtitle1">
              {mark ? `${mark} ` : ''}
              {name}
            </Typography>
            <Chip
              color={isShared ? 'primary' : 'default'}
              label={translate(`maru.library.${isShared ? 'of_house' : 'of_own'}`)}
              size="small"
              variant="outlined"
            />
            {children}
          </Stack>
          <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }} variant="body2">
            {detail}
          </Typography>
        </Box>
        <Button
          aria-label={translate(`maru.library.${share}_of`, { name })}
          disabled={isBusy}
          onClick={() => onShare(!isShared)}
          size="small"
        >
          {translate(`maru.library.${share}`)}
        </Button>
        <Button aria-label={translate('maru.library.edit_of', { name })} onClick={onEdit} size="small">
          {translate('ra.action.edit')}
        </Button>
        <IconButton
          aria-label={translate('maru.library.delete_of', { name })}
          disabled={isBusy}
          onClick={() => setIsGoing(true)}
        >
          <DeleteIcon />
        </IconButton>
      </Stack>
      <Confirm
        content={consequence}
        isOpen={isGoing}
        onClose={() => setIsGoing(false)}
        onConfirm={() => {
          setIsGoing(false);
          onDelete();
        }}
        title={translate('maru.library.delete_of', { name })}
      />
    </Card>
  );
}
