/** All models with state and needs: a table, on a phone a list of cards. */
import {
  Box,
  Card,
  Chip,
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
  useMediaQuery,
  type Theme,
} from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import { Link as RouterLink } from 'react-router';
import type { ModelList, ModelRow } from '@/shared/api/models';
import { bytes, count } from '@/shared/figures';
import { ModelActs } from './ModelActs';
import { StateChip } from './StateChip';

const COLUMNS = ['model', 'state', 'file', 'context', 'needs', 'acts'];

function ModelName({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  return (
    <Box>
      <Stack direction="row" sx={{ gap: 0.75, alignItems: 'center', flexWrap: 'wrap' }}>
        <Link
          component={RouterLink}
          sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}
          to={`/models/${encodeURIComponent(model.id)}/show`}
          underline="hover"
        >
          {model.id}
        </Link>
        {model.is_default ? <Chip color="primary" label={translate('maru.models.default')} size="small" /> : null}
        {model.is_default_embedding ? (
          <Chip color="primary" label={translate('maru.models.default_embedding')} size="small" />
        ) : null}
        {model.is_starter ? <Chip label={translate('maru.models.starter')} size="small" variant="outlined" /> : null}
      </Stack>
      <Typography color="textSecondary" variant="body2">
        {[translate(`maru.models.kind.${model.kind}`), model.architecture].filter(Boolean).join(' · ')}
      </Typography>
    </Box>
  );
}

function FileText({ model }: { model: ModelRow }) {
  const locale = useLocale() ?? 'en';
  const size = model.size_bytes === null ? '' : bytes(model.size_bytes, locale);
  return <span>{[size, model.quantization].filter(Boolean).join(' · ') || '–'}</span>;
}

function NeedText({ model, free }: { model: ModelRow; free: number | null }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  if (!model.memory) return <span>–</span>;
  const need = model.memory.weights + model.memory.context + model.memory.compute;
  const isTooLarge = free !== null && !model.is_loaded && need > free;
  return (
    <Box sx={{ color: isTooLarge ? 'error.main' : undefined }}>
      {bytes(need, locale)}
      {isTooLarge ? <Typography variant="caption"> ({translate('maru.models.too_large')})</Typography> : null}
    </Box>
  );
}

function ModelCard({ model, free }: { model: ModelRow; free: number | null }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  return (
    <Card component="li" sx={{ p: 2, listStyle: 'none' }} variant="outlined">
      <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, alignItems: 'flex-start' }}>
        <ModelName model={model} />
        <StateChip model={model} />
      </Stack>
      <Stack direction="row" sx={{ gap: 2, my: 1, color: 'text.secondary', flexWrap: 'wrap', typography: 'body2' }}>
        <FileText model={model} />
        <span>{translate('maru.models.tokens', { n: count(model.n_ctx, locale) })}</span>
        <NeedText free={free} model={model} />
      </Stack>
      <ModelActs model={model} />
    </Card>
  );
}

export function ModelTable({ list }: { list: ModelList }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const isNarrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('md'));
  if (list.models.length === 0) return <Typography sx={{ py: 3 }}>{translate('maru.models.none')}</Typography>;
  if (isNarrow) {
    return (
      <Stack component="ul" sx={{ gap: 1.5, p: 0, m: 0 }}>
        {list.models.map((model) => (
          <ModelCard free={list.free_bytes} key={model.id} model={model} />
        ))}
      </Stack>
    );
  }
  return (
    <TableContainer component={Card} variant="outlined">
      <Table>
        <TableHead>
          <TableRow>
            {COLUMNS.map((name) => (
              <TableCell key={name} sx={{ color: 'text.secondary', fontWeight: 600, whiteSpace: 'nowrap' }}>
                {translate(`maru.models.columns.${name}`)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {list.models.map((model) => (
            <TableRow key={model.id}>
              <TableCell>
                <ModelName model={model} />
              </TableCell>
              <TableCell>
                <StateChip model={model} />
              </TableCell>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                <FileText model={model} />
              </TableCell>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                {translate('maru.models.tokens', { n: count(model.n_ctx, locale) })}
              </TableCell>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                <NeedText free={list.free_bytes} model={model} />
              </TableCell>
              <TableCell>
                <ModelActs model={model} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
