/** The name at the foot of the side bar; what is behind it is loaded when it is first opened. */
import UnfoldIcon from '@mui/icons-material/UnfoldMoreRounded';
import Avatar from '@mui/material/Avatar';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';

const AccountPopover = lazy(() => withTexts(import('./AccountPopover')));

interface AccountMenuProps {
  user: User;
  onLogout: () => void;
  onShortcuts: () => void;
}

export function AccountMenu({ user, onLogout, onShortcuts }: AccountMenuProps) {
  const { t } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [hasOpened, setHasOpened] = useState(false);
  const name = user.display_name || user.username;
  return (
    <>
      <Button
        fullWidth
        color="inherit"
        aria-haspopup="dialog"
        aria-label={`${t('settings.account')}: ${name}`}
        onClick={(event) => {
          setHasOpened(true);
          setAnchor(event.currentTarget);
        }}
        endIcon={<UnfoldIcon sx={{ color: 'text.secondary' }} />}
        sx={{ px: 1, py: 0.75, gap: 1.25, justifyContent: 'flex-start' }}
      >
        <Avatar
          sx={{ width: 30, height: 30, fontSize: '0.85rem', bgcolor: 'primary.main', color: 'primary.contrastText' }}
        >
          {[...name][0]?.toUpperCase()}
        </Avatar>
        <Box component="span" sx={nameStyle}>
          {name}
        </Box>
      </Button>
      {hasOpened && (
        <Suspense>
          <AccountPopover
            user={user}
            anchor={anchor}
            onClose={() => setAnchor(null)}
            onLogout={onLogout}
            onShortcuts={onShortcuts}
          />
        </Suspense>
      )}
    </>
  );
}

const nameStyle = {
  flex: 1,
  textAlign: 'left',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
  fontWeight: 550,
} as const;
