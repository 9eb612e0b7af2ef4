/** A tool as models are told of it; whether they are, and whether the user is asked. The description is the server's own. */
import { Box, FormControlLabel, Switch, Typography } from '@mui/material';
import { useTranslate } from 'react-admin';
import { type Tool, tools } from '@/shared/api/tools';
import { useAct } from '@/shared/useAct';

export function ToolLine({ tool, onChanged }: { tool: Tool; onChanged: () => void }) {
  const translate = useTranslate();
  const mark = useAct(
    (changes: Partial<Pick<Tool, 'is_enabled' | 'is_safe'>>) => tools.mark(tool.id, changes),
    onChanged,
  );
  const toggle = (name: 'is_enabled' | 'is_safe') => (
    <FormControlLabel
      control={
        <Switch
          checked={tool[name]}
          disabled={mark.isPending || (name === 'is_safe' && !tool.is_enabled)}
          onChange={() => mark.mutate({ [name]: !tool[name] })}
          size="small"
          slotProps={{ input: { role: 'switch', 'aria-label': `${tool.name}: ${translate(`maru.tools.${name}`)}` } }}
        />
      }
      label={<Typography variant="caption">{translate(`maru.tools.${name}`)}</Typography>}
      sx={{ mr: 0 }}
    />
  );
  return (
    <Box
      data-testid="tool"
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, px: 2, py: 1.25, borderTop: 1, borderColor: 'divider' }}
    >
      <Box sx={{ flex: '1 1 240px', minWidth: 0, overflowWrap: 'anywhere' }}>
        <Typography sx={{ fontFamily: 'monospace', fontWeight: 600 }} variant="body2">
          {tool.name}
        </Typography>
        <Typography color="textSecondary" sx={{ whiteSpace: 'pre-wrap' }} variant="body2">
          {tool.description}
        </Typography>
        <Box
          component="details"
          sx={{ fontSize: '0.8rem', color: 'text.secondary', '& summary': { cursor: 'pointer' } }}
        >
          <summary>{translate('maru.tools.parameters')}</summary>
          <Box component="pre" sx={{ m: 0, whiteSpace: 'pre-wrap' }}>
            {JSON.stringify(JSON.parse(tool.parameters), null, 2)}
          </Box>
        </Box>
      </Box>
      <Box sx={{ display: 'flex', flexDirection: 'column', alignItems: 'flex-start' }}>
        {toggle('is_enabled')}
        {toggle('is_safe')}
      </Box>
    </Box>
  );
}
