/**
 * Slots and KV cache of an engine as a strip: each slot as wide as the part of the cache it holds, what is free behind them.
 * Told apart by pattern, not by colour alone; the same is said in words.
 */
import { Box, Stack, Tooltip, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { LiveEngine, LiveSlot } from '@/shared/api/live';
import { count } from '@/shared/format';

type Phase = LiveSlot['phase'];
const PHASES: Phase[] = ['decode', 'prefill', 'parked', 'free'];

const FILL: Record<Phase, object> = {
  decode: { bgcolor: 'primary.main' },
  prefill: {
    backgroundImage: (theme: { palette: { primary: { main: string } } }) =>
      `repeating-linear-gradient(45deg, ${theme.palette.primary.main} 0 4px, transparent 4px 8px)`,
    bgcolor: 'action.selected',
  },
  parked: { bgcolor: 'secondary.main', opacity: 0.55 },
  free: { bgcolor: 'action.hover' },
};

export function SlotStrip({ engine }: { engine: LiveEngine }) {
  const translate = useTranslate();
  const locale = useLocale();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  if (engine.n_slots === 0) return null;
  const parked = engine.slots.filter((slot) => slot.phase === 'parked').length;
  const cells = { used: count(engine.kv_cells_used, locale), total: count(engine.kv_cells, locale) };
  const words = say('slots_text', { used: engine.n_slots_used, total: engine.n_slots, parked });
  return (
    <Box>
      <Stack direction="row" sx={{ justifyContent: 'space-between', flexWrap: 'wrap', columnGap: 2 }}>
        <Typography variant="body2">
          {say('slots')}: {say('slots_used', { used: engine.n_slots_used, total: count(engine.n_slots, locale) })}
        </Typography>
        {engine.kv_cells > 0 && (
          <Typography color="textSecondary" variant="body2">
            {say('cells')}: {say('cells_text', cells)}
          </Typography>
        )}
      </Stack>
      <Stack
        aria-label={engine.kv_cells > 0 ? `${words} ${say('cells')}: ${say('cells_text', cells)}` : words}
        direction="row"
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="img"
        spacing="2px"
        sx={{ height: 22, borderRadius: 1, overflow: 'hidden', my: 0.75, bgcolor: 'action.hover' }}
      >
        {engine.slots.length > 0 ? <Slots engine={engine} /> : <Busy engine={engine} />}
      </Stack>
      {engine.slots.length > 0 && (
        <Stack aria-hidden direction="row" spacing={2} sx={{ flexWrap: 'wrap' }}>
          {PHASES.map((phase) => (
            <Stack direction="row" key={phase} spacing={0.75} sx={{ alignItems: 'center' }}>
              <Box
                sx={{ width: 12, height: 12, borderRadius: 0.5, border: 1, borderColor: 'divider', ...FILL[phase] }}
              />
              <Typography color="textSecondary" variant="caption">
                {say(`legend.${phase}`)}
              </Typography>
            </Stack>
          ))}
        </Stack>
      )}
    </Box>
  );
}

/** As wide as what they hold, and never too thin to be pointed at. */
function Slots({ engine }: { engine: LiveEngine }) {
  const translate = useTranslate();
  const locale = useLocale();
  const free = Math.max(0, engine.kv_cells - engine.slots.reduce((total, slot) => total + slot.tokens, 0));
  return (
    <>
      {engine.slots.map((slot, index) => (
        <Tooltip
          describeChild
          // Slots have no other name than their place.
          key={`slot ${index + 1}`}
          title={translate(`maru.live.slot.${slot.phase}`, { tokens: count(slot.tokens, locale) })}
        >
          <Box
            sx={{
              flexGrow: slot.tokens,
              flexBasis: 10,
              minWidth: 6,
              transition: 'flex-grow 400ms',
              ...FILL[slot.phase],
            }}
          />
        </Tooltip>
      ))}
      <Box sx={{ flexGrow: free, flexBasis: 0 }} />
    </>
  );
}

function Busy({ engine }: { engine: LiveEngine }) {
  return (
    <>
      <Box sx={{ flexGrow: engine.n_slots_used, ...FILL.decode }} />
      <Box sx={{ flexGrow: Math.max(0, engine.n_slots - engine.n_slots_used) }} />
    </>
  );
}
