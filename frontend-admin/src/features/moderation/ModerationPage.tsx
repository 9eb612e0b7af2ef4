/** Moderation: the rules, a new one with a dry run, and what they met lately (never a text). */
import { Alert, Box, Card, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { Title, useLocale, useTranslate } from 'react-admin';
import { moderation } from '@/shared/api/moderation';
import { sentenceOf } from '@/shared/useAct';
import { NewRuleForm } from './NewRuleForm';
import { RuleRow } from './RuleRow';

export const RULES = ['admin', 'moderation'];

export function ModerationPage() {
  const translate = useTranslate();
  const locale = useLocale();
  const rules = useQuery({ queryKey: [...RULES, 'rules'], queryFn: moderation.rules });
  const findings = useQuery({ queryKey: [...RULES, 'findings'], queryFn: moderation.findings });
  return (
    <Box sx={{ maxWidth: 880, width: '100%', mx: 'auto', py: 3 }}>
      <Title title={translate('maru.moderation.title')} />
      <Typography sx={{ color: 'text.secondary', mb: 3 }} variant="body2">
        {translate('maru.moderation.lead')}
      </Typography>
      {rules.error && (
        <Alert severity="error" sx={{ mb: 3 }}>
          {translate(sentenceOf(rules.error))}
        </Alert>
      )}
      <Card sx={{ mb: 4 }} variant="outlined">
        {rules.data?.length === 0 && (
          <Typography sx={{ p: 2.5, color: 'text.secondary' }} variant="body2">
            {translate('maru.moderation.none')}
          </Typography>
        )}
        {rules.data?.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </Card>
      <Box aria-labelledby="new-rule" component="section" sx={{ mb: 4 }}>
        <Heading id="new-rule" text={translate('maru.moderation.new')} />
        <NewRuleForm />
      </Box>
      <Box aria-labelledby="findings" component="section">
        <Heading id="findings" text={translate('maru.moderation.findings')} />
        {findings.data?.length === 0 && (
          <Typography color="textSecondary" variant="body2">
            {translate('maru.moderation.findings_none')}
          </Typography>
        )}
        {findings.data?.map((one) => (
          <Typography key={one.id} variant="body2">
            {new Date(one.at).toLocaleString(locale)} · {one.rule} · {one.username} ·{' '}
            {translate(`maru.moderation.direction_${one.direction}`)}
            {one.session_id !== null && ` · ${translate('maru.moderation.conversation', { id: one.session_id })}`}
          </Typography>
        ))}
      </Box>
    </Box>
  );
}

function Heading({ id, text }: { id: string; text: string }) {
  return (
    <Typography component="h2" id={id} sx={{ mb: 1 }} variant="subtitle1">
      {text}
    </Typography>
  );
}
