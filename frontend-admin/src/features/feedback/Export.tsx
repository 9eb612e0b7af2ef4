/** The training set of the shared ratings. Training itself is done elsewhere. */
import { Button, Card, CardContent, Stack, Typography } from '@mui/material';
import { useTranslate } from 'react-admin';
import { feedback, type Choice, type ExportKind } from '@/shared/api/feedback';
import { useAct } from '@/shared/useAct';

export function Export({ choice, nShared }: { choice: Choice; nShared: number }) {
  const translate = useTranslate();
  const save = useAct((kind: ExportKind) => feedback.save(kind, choice));
  return (
    <Card variant="outlined">
      <CardContent>
        <Typography component="h2" variant="h6">
          {translate('maru.feedback.export.heading')}
        </Typography>
        <Typography color="textSecondary" sx={{ mb: 1.5 }} variant="body2">
          {translate('maru.feedback.export.text')} {translate('maru.feedback.export.count', { n: nShared })}.
        </Typography>
        <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap' }}>
          {(['chat', 'preference'] as const).map((kind) => (
            <Button
              disabled={nShared === 0 || save.isPending}
              key={kind}
              onClick={() => save.mutate(kind)}
              size="small"
              variant="outlined"
            >
              {translate(`maru.feedback.export.${kind}`)}
            </Button>
          ))}
        </Stack>
      </CardContent>
    </Card>
  );
}
