/** What stands in the place of a page whose component threw: react-admin's own words, in the house's type and contrast. */
import { Box, Button, Typography } from '@mui/material';
import { Title, useTranslate } from 'react-admin';

export function ErrorPage() {
  const translate = useTranslate();
  const title = translate('ra.page.error');
  return (
    <Box sx={{ display: 'grid', justifyItems: 'center', gap: 2, p: 6 }}>
      <Title title={title} />
      <Typography role="alert" variant="h6">
        {title}
      </Typography>
      <Typography color="textSecondary">{translate('ra.message.error')}</Typography>
      <Button onClick={() => history.back()} variant="contained">
        {translate('ra.action.back')}
      </Button>
    </Box>
  );
}
