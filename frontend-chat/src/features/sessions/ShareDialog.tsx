/** Links to copies of a session: made here, copied, revoked at once. Says so where the house does not allow them. */
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogContentText from '@mui/material/DialogContentText';
import DialogTitle from '@mui/material/DialogTitle';
import IconButton from '@mui/material/IconButton';
import InputBase from '@mui/material/InputBase';
import Typography from '@mui/material/Typography';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { sessions } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import type { Session, Share } from '@/shared/api/types';
import { problemText } from '@/shared/i18n/problem';
import { useCopy } from '@/shared/ui/useCopy';

export function ShareDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const queries = useQueryClient();
  const key = ['shares', session.id];
  const { data: shares } = useQuery({ queryKey: key, queryFn: () => sessions.shares(session.id) });
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const make = useMutation({ mutationFn: () => sessions.share(session.id), onSuccess: refresh });
  const revoke = useMutation({ mutationFn: sessions.revokeShare, onSuccess: refresh });
  const problem = make.error ?? revoke.error;
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="sm" fullWidth>
      <DialogTitle id={id}>{t('organise.share')}</DialogTitle>
      <DialogContent>
        <DialogContentText sx={{ mb: 2 }}>{t('organise.shareText')}</DialogContentText>
        {problem && (
          <Alert severity="warning" sx={{ mb: 2 }}>
            {problemText(t, problem instanceof ApiError ? problem : { code: 'error' })}
          </Alert>
        )}
        <Box component="ul" aria-label={t('organise.links')} sx={{ m: 0, p: 0, display: 'grid', gap: 1 }}>
          {shares?.map((share) => (
            <ShareLink key={share.id} share={share} onRevoke={() => revoke.mutate(share.id)} />
          ))}
        </Box>
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button color="inherit" onClick={onClose}>
          {t('app.close')}
        </Button>
        <Button variant="contained" disabled={make.isPending} onClick={() => make.mutate()}>
          {t('organise.makeLink')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ShareLink({ share, onRevoke }: { share: Share; onRevoke: () => void }) {
  const { t, i18n } = useTranslation();
  const [isCopied, copy] = useCopy();
  const address = location.origin + share.path;
  const made = new Date(share.created_at).toLocaleString(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Box
      component="li"
      data-testid="share"
      sx={{ listStyle: 'none', border: 1, borderColor: 'divider', borderRadius: '12px', p: 1.25 }}
    >
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
        <InputBase
          readOnly
          fullWidth
          value={address}
          onFocus={(event) => event.target.select()}
          inputProps={{ 'aria-label': t('organise.link') }}
          sx={{ fontSize: '0.85rem' }}
        />
        <IconButton
          size="small"
          aria-label={isCopied ? t('chat.copied') : t('organise.copyLink')}
          onClick={() => copy(address)}
        >
          <CopyIcon fontSize="small" />
        </IconButton>
        <Button size="small" color="error" onClick={onRevoke}>
          {t('organise.revoke')}
        </Button>
      </Box>
      <Typography variant="caption" sx={{ color: 'text.secondary' }}>
        {t('organise.linkMade', { at: made, count: share.n_messages })}
      </Typography>
    </Box>
  );
}
