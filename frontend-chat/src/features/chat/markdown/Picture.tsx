/**
 * A picture in an answer. One of another host would tell that host who reads this, so it is a link, or what the house's
 * administrators chose: shown from origins they named, or words alone.
 */
import ImageIcon from '@mui/icons-material/ImageOutlined';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKnownHouse } from '@/shared/api/useHouse';

export function Picture({ src, alt }: { src: string; alt: string }) {
  const { t } = useTranslation();
  const policy = useKnownHouse()?.remote_images;
  const [isBroken, setIsBroken] = useState(false); // also by a page that was opened before its origin was named
  const url = addressOf(src);
  if (url === null) return <span>{alt || t('chat.localImage')}</span>;
  if (policy?.mode === 'listed' && policy.origins.includes(url.origin) && !isBroken)
    return (
      <Box
        alt={alt}
        component="img"
        loading="lazy"
        onError={() => setIsBroken(true)}
        referrerPolicy="no-referrer"
        src={src}
        sx={{ maxWidth: '100%', maxHeight: 480, borderRadius: 1, verticalAlign: 'bottom' }}
      />
    );
  if (policy?.mode === 'never') return <span>{`${alt || t('chat.localImage')} (${url.host})`}</span>;
  return (
    <Link
      href={src}
      target="_blank"
      rel="noopener noreferrer nofollow"
      sx={{ '& svg': { verticalAlign: '-0.25em', mr: 0.75 } }}
    >
      <ImageIcon fontSize="small" />
      {alt ? `${alt} · ` : ''}
      {t('chat.remoteImage', { host: url.host })}
    </Link>
  );
}

function addressOf(src: string): URL | null {
  try {
    const url = new URL(src);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}
