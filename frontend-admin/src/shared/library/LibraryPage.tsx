/** The frame of a page of the house's library: what it is, a search, whose rows are shown, and a way to add one. */
import {
  Alert,
  Box,
  LinearProgress,
  Stack,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '@mui/material';
import type { ReactNode } from 'react';
import { Title, useTranslate } from 'react-admin';
import { sentenceOf } from '@/shared/useAct';

export type Scope = 'all' | 'house' | 'own';
const SCOPES: Scope[] = ['all', 'house', 'own'];

export const isIn = (scope: Scope, row: { is_shared: boolean }) =>
  scope === 'all' || row.is_shared === (scope === 'house');

interface LibraryPageProps {
  kind: 'documents' | 'personas' | 'prompts';
  search: string;
  onSearch: (text: string) => void;
  scope: Scope;
  onScope: (scope: Scope) => void;
  isPending: boolean;
  error: unknown;
  isEmpty: boolean;
  action: ReactNode;
  children: ReactNode;
}

export function LibraryPage(props: LibraryPageProps) {
  const translate = useTranslate();
  const { kind, search, onSearch, scope, onScope, isPending, error, isEmpty, action, children } = props;
  return (
    <Stack sx={{ gap: 2, pt: 2, maxWidth: 880, width: '100%', mx: 'auto' }}>
      <Title title={translate(`maru.library.${kind}.title`)} />
      <Typography color="textSecondary" variant="body2">
        {translate(`maru.library.${kind}.lead`)}
      </Typography>
      <Stack direction="row" sx={{ gap: 1.5, flexWrap: 'wrap', alignItems: 'center' }}>
        <TextField
          label={translate('ra.action.search')}
          margin="none"
          onChange={(event) => onSearch(event.target.value)}
          size="small"
          slotProps={{ htmlInput: { maxLength: 80 } }}
          sx={{ flex: '1 1 200px' }}
          type="search"
          value={search}
        />
        <ToggleButtonGroup
          aria-label={translate('maru.library.scope')}
          exclusive
          onChange={(_, next: Scope | null) => next && onScope(next)}
          size="small"
          value={scope}
        >
          {SCOPES.map((one) => (
            <ToggleButton key={one} sx={{ px: 1.5 }} value={one}>
              {translate(`maru.library.scopes.${one}`)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {action}
      </Stack>
      {isPending ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {error ? <Alert severity="error">{translate(sentenceOf(error))}</Alert> : null}
      {isEmpty ? (
        <Typography color="textSecondary" variant="body2">
          {translate(search ? 'maru.library.not_found' : `maru.library.${kind}.none`)}
        </Typography>
      ) : null}
      <Box sx={{ display: 'flex', flexDirection: 'column', gap: 1 }}>{children}</Box>
    </Stack>
  );
}
