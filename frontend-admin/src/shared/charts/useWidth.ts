/** How wide a chart is drawn: its letters keep their size on a phone. */
import { useMediaQuery, type Theme } from '@mui/material';

export function useWidth(): number {
  return useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm')) ? 340 : 560;
}
