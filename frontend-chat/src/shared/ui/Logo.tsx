/** The mark: floor boards. Decorative beside a name. */
import Box from '@mui/material/Box';
import logo from './logo.svg';

export function Logo({ size = 28 }: { size?: number }) {
  return <Box component="img" src={logo} alt="" width={size} height={size} sx={{ display: 'block', flex: 'none' }} />;
}
