/** What the administrator has to say to everybody, above the page. Information can be put away until its text changes. */
import Alert from '@mui/material/Alert';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useHouse } from '@/shared/api/useHouse';
import { localKept } from '@/shared/storage';

const SEEN = 'maru.banner.seen';

export function Banner() {
  const { t, i18n } = useTranslation();
  const { data: house } = useHouse();
  const [seen, setSeen] = useState(() => localKept.getItem(SEEN));
  const level = house?.banner.level ?? 'off';
  const text = house?.banner[i18n.language.startsWith('ko') ? 'ko' : 'en'] ?? '';
  if (level === 'off' || text === '' || (level === 'info' && seen === text)) return null;
  const putAway = () => {
    localKept.setItem(SEEN, text);
    setSeen(text);
  };
  return (
    <Alert
      severity={level}
      role="status"
      data-testid="banner"
      closeText={t('app.close')}
      {...(level === 'info' && { onClose: putAway })}
      sx={{ borderRadius: 0, py: 0.25, alignItems: 'center', overflowWrap: 'anywhere' }}
    >
      {text}
    </Alert>
  );
}
