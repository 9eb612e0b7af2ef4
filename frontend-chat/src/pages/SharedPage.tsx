/** What a link shows: a copy of a conversation, for whoever has the link. No account, no socket, nothing to do. */
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { AnswerText } from '@/features/chat/components/AnswerText';
import { columnStyle } from '@/features/chat/components/column';
import { UserBubble } from '@/features/chat/components/UserBubble';
import { sessions } from '@/shared/api/endpoints';
import { Logo } from '@/shared/ui/Logo';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';

export default function SharedPage() {
  const { t, i18n } = useTranslation();
  const { token = '' } = useParams();
  const { data: copy, isError } = useQuery({
    queryKey: ['shared', token],
    queryFn: () => sessions.shared(token),
    retry: false,
  });
  const title = copy ? copy.title || t('sessions.untitled') : t('app.name');
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (isError) return <Gone />;
  return (
    <Box sx={{ height: '100dvh', overflowY: 'auto' }}>
      <Box component="header" sx={{ ...columnStyle, pt: 3, pb: 2 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, mb: 2, color: 'text.secondary' }}>
          <Logo size={22} />
          <Typography variant="body2">{t('organise.sharedNote')}</Typography>
        </Box>
        <Typography variant="h1" sx={{ overflowWrap: 'anywhere' }}>
          {title}
        </Typography>
        {copy && (
          <Typography variant="caption" sx={{ color: 'text.secondary' }}>
            {t('organise.sharedAt', {
              at: new Date(copy.shared_at).toLocaleString(i18n.language, { dateStyle: 'long', timeStyle: 'short' }),
            })}
          </Typography>
        )}
      </Box>
      <Box component="main" sx={{ pb: 8 }}>
        {!copy && <Skeleton variant="rounded" height={240} sx={{ maxWidth: 720, mx: 'auto' }} />}
        {copy?.messages.map((message, index) => (
          // A copy never changes: the index is its identity.
          // oxlint-disable-next-line react/no-array-index-key
          <Box key={index} component="article" data-testid="shared-message" sx={{ ...columnStyle, mb: 2 }}>
            <Box component="h2" sx={visuallyHidden}>
              {message.role === 'user' ? t('chat.you') : t('app.name')}
            </Box>
            {message.role === 'user' ? (
              <Box sx={{ display: 'flex', flexDirection: 'column', alignItems: 'flex-end' }}>
                <UserBubble text={message.content} />
                <NotShared images={message.n_images} documents={message.n_documents} />
              </Box>
            ) : (
              <AnswerText text={message.content} reasoningMs={null} isRunning={false} isSource={false} />
            )}
          </Box>
        ))}
      </Box>
    </Box>
  );
}

/** Files are no part of a copy; that there were some is. */
function NotShared({ images, documents }: { images: number; documents: number }) {
  const { t } = useTranslation();
  const kinds = [
    images > 0 && t('organise.imagesNotShared', { count: images }),
    documents > 0 && t('organise.documentsNotShared', { count: documents }),
  ].filter(Boolean);
  if (kinds.length === 0) return null;
  return (
    <Typography variant="caption" component="p" data-testid="not-shared" sx={{ mt: 0.5, color: 'text.secondary' }}>
      {kinds.join(' · ')}
    </Typography>
  );
}

function Gone() {
  const { t } = useTranslation();
  return (
    <Box
      component="main"
      sx={{
        height: '100%',
        display: 'grid',
        placeContent: 'center',
        justifyItems: 'center',
        gap: 2,
        p: 3,
        textAlign: 'center',
      }}
    >
      <Logo size={44} />
      <Typography variant="h1">{t('organise.sharedGone')}</Typography>
      <Typography sx={{ color: 'text.secondary' }}>{t('organise.sharedGoneText')}</Typography>
    </Box>
  );
}
