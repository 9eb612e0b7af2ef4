/** A new conversation: a greeting and four ways to begin. */
import CodeIcon from '@mui/icons-material/CodeRounded';
import PlanIcon from '@mui/icons-material/EventNoteOutlined';
import ExplainIcon from '@mui/icons-material/LightbulbOutlined';
import WriteIcon from '@mui/icons-material/EditNoteRounded';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Logo } from '@/shared/ui/Logo';

const PROMPTS = [
  { icon: ExplainIcon, title: 'prompts.explain', text: 'prompts.explainText' },
  { icon: WriteIcon, title: 'prompts.write', text: 'prompts.writeText' },
  { icon: PlanIcon, title: 'prompts.plan', text: 'prompts.planText' },
  { icon: CodeIcon, title: 'prompts.code', text: 'prompts.codeText' },
] as const;

export function EmptyState({ name, onChoose }: { name: string; onChoose: (text: string) => void }) {
  const { t } = useTranslation();
  return (
    <Box sx={{ width: '100%', maxWidth: 720, mx: 'auto', px: { xs: 2, sm: 3 }, py: 4 }}>
      <Logo size={40} />
      <Typography variant="h1" component="h2" sx={{ mt: 2.5, mb: 3.5 }}>
        {name ? t('chat.helloName', { name }) : t('chat.hello')}
      </Typography>
      <Box sx={{ display: 'grid', gap: 1.25, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' } }}>
        {PROMPTS.map(({ icon: Icon, title, text }) => (
          <ButtonBase
            key={title}
            onClick={() => onChoose(t(text))}
            sx={{
              display: 'flex',
              gap: 1.5,
              alignItems: 'flex-start',
              justifyContent: 'flex-start',
              textAlign: 'left',
              p: 2,
              border: 1,
              borderColor: 'divider',
              borderRadius: '16px',
              bgcolor: 'background.paper',
              '&:hover': { bgcolor: 'surface.side' },
              '&.Mui-focusVisible': { outline: 2, outlineStyle: 'solid', outlineColor: 'primary.main' },
            }}
          >
            <Icon fontSize="small" sx={{ color: 'primary.main', mt: 0.25 }} />
            <span>
              <Typography component="span" variant="body2" sx={{ display: 'block', fontWeight: 650 }}>
                {t(title)}
              </Typography>
              <Typography component="span" variant="body2" sx={{ display: 'block', color: 'text.secondary' }}>
                {t(text)}
              </Typography>
            </span>
          </ButtonBase>
        ))}
      </Box>
    </Box>
  );
}
