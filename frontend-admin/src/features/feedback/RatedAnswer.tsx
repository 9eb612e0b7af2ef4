/** A rated answer with what was asked before it, where its owner shares it. */
import ThumbDown from '@mui/icons-material/ThumbDownOutlined';
import ThumbUp from '@mui/icons-material/ThumbUpOutlined';
import { Box, Card, CardContent, Chip, Stack, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { FeedbackRow } from '@/shared/api/feedback';

const SHOWN = 4;

export function RatedAnswer({ row }: { row: FeedbackRow }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const isGood = row.value > 0;
  return (
    <Card component="article" variant="outlined">
      <CardContent>
        <Stack direction="row" sx={{ gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
          <Chip
            color={isGood ? 'success' : 'error'}
            icon={isGood ? <ThumbUp /> : <ThumbDown />}
            label={translate(isGood ? 'maru.feedback.good' : 'maru.feedback.bad')}
            size="small"
          />
          <Typography color="textSecondary" variant="body2">
            {[row.username, row.model, new Date(row.timestamp).toLocaleString(locale)].filter(Boolean).join(' · ')}
          </Typography>
        </Stack>
        {row.is_shared ? (
          <Stack sx={{ gap: 1, mt: 1.5 }}>
            {row.messages.slice(-SHOWN).map((message) => (
              <Box key={`${message.role}:${message.content}`}>
                <Typography color="textSecondary" variant="caption">
                  {translate(`maru.feedback.role.${message.role}`)}
                </Typography>
                <Typography sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} variant="body2">
                  {message.content}
                </Typography>
              </Box>
            ))}
            {row.note ? (
              <Typography sx={{ borderLeft: 3, borderColor: 'divider', pl: 1.5 }} variant="body2">
                {translate('maru.feedback.note')}: {row.note}
              </Typography>
            ) : null}
          </Stack>
        ) : (
          <Typography color="textSecondary" sx={{ mt: 1 }} variant="body2">
            {translate('maru.feedback.not_shared')}
          </Typography>
        )}
      </CardContent>
    </Card>
  );
}
