/** Who is being answered and who waits: names and figures, never a word of what is said. */
import { Box, Chip, Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import { live, type LiveRequest } from '@/shared/api/live';
import { count, duration, rate } from '@/shared/format';
import { AskedButton } from './AskedButton';

interface RequestsProps {
  requests: readonly LiveRequest[];
  nAll: number;
}

const COLUMNS = ['who', 'phase_name', 'tokens', 'rate', 'age', 'model', 'act'] as const;
const RIGHT = new Set<string>(['tokens', 'rate', 'age', 'act']);
/** On a phone what is least missed goes first. */
const WIDE = { display: { xs: 'none', sm: 'table-cell' } };

export function Requests({ requests, nAll }: RequestsProps) {
  const translate = useTranslate();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  if (requests.length === 0) {
    return (
      <Typography color="textSecondary" sx={{ p: 2 }}>
        {say('none')}
      </Typography>
    );
  }
  return (
    <TableContainer>
      <Table aria-label={say('requests')} size="small">
        <TableHead>
          <TableRow>
            {COLUMNS.map((name) => (
              <TableCell align={RIGHT.has(name) ? 'right' : 'left'} key={name} sx={widthOf(name)}>
                {say(name)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {requests.map((one) => (
            <Row key={one.id} request={one} />
          ))}
        </TableBody>
      </Table>
      {nAll > requests.length && (
        <Typography color="textSecondary" sx={{ p: 2 }} variant="body2">
          {say('more', { n: nAll - requests.length })}
        </Typography>
      )}
    </TableContainer>
  );
}

function widthOf(name: (typeof COLUMNS)[number]): object {
  return { whiteSpace: 'nowrap', ...(name === 'model' || name === 'age' ? WIDE : {}) };
}

function Row({ request }: { request: LiveRequest }) {
  const translate = useTranslate();
  const locale = useLocale();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  const name = request.user || say('unknown_user');
  const figures = { fontVariantNumeric: 'tabular-nums' };
  return (
    <TableRow data-testid="live-request" hover>
      <TableCell component="th" scope="row">
        <Box sx={{ display: 'flex', alignItems: 'center', columnGap: 1, flexWrap: 'wrap' }}>
          {name}
          {request.kind !== 'chat' && <Chip label={say(`kind.${request.kind}`)} size="small" variant="outlined" />}
        </Box>
      </TableCell>
      <TableCell>{phaseOf(request, say, locale)}</TableCell>
      <TableCell align="right" sx={figures}>
        {count(request.tokens, locale)}
      </TableCell>
      <TableCell align="right" sx={figures}>
        {rate(request.tokens_per_second)}
      </TableCell>
      <TableCell align="right" sx={{ ...figures, ...WIDE }}>
        {duration(request.age_ms)}
      </TableCell>
      <TableCell sx={{ ...WIDE, overflowWrap: 'anywhere' }}>{request.model || '–'}</TableCell>
      <TableCell align="right" sx={{ py: 0 }}>
        {request.reply_id !== null && (
          <AskedButton
            act={() => live.stopReply(request.reply_id ?? 0)}
            color="error"
            done={say('done.stop')}
            label={say('stop')}
            name={say('stop_of', { name })}
            question={say('ask.stop', { name })}
          />
        )}
      </TableCell>
    </TableRow>
  );
}

type Say = (key: string, places?: object) => string;

export function phaseOf(request: LiveRequest, say: Say, locale: string): string {
  if (request.phase === 'queued') {
    const eta = request.eta_ms === null ? null : duration(request.eta_ms);
    return say(eta === null ? 'phase.queued' : 'phase.queued_eta', { position: request.position ?? 1, eta });
  }
  return say(`phase.${request.phase}`, {
    prompt: count(request.prompt_tokens, locale),
    cached: count(request.cached_tokens, locale),
  });
}
