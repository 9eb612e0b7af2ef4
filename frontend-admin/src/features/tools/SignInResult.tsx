/** How it went at the provider, which sent the browser back here. */
import { Alert } from '@mui/material';
import { useTranslate } from 'react-admin';
import { useSearchParams } from 'react-router';

// Codes that have a sentence of their own; any other is shown as it is.
const TOLD = new Set(['connected', 'denied', 'sign_in_unknown']);

export function SignInResult() {
  const translate = useTranslate();
  const [query, setQuery] = useSearchParams();
  const code = query.get('sign_in');
  if (!code) return null;
  const name = query.get('server') ?? '';
  return (
    <Alert onClose={() => setQuery({}, { replace: true })} severity={code === 'connected' ? 'success' : 'warning'}>
      {translate(`maru.tools.sign_in.result.${TOLD.has(code) ? code : 'failed'}`, { code, name })}
    </Alert>
  );
}
