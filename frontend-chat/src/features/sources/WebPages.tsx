/**
 * What was found on the web for an answer: a chip, and behind it the pages with title, host and link. Links open in a new tab and
 * tell the page nothing of where they were pressed; nothing of a page is shown or fetched but what the search engine said of it.
 */
import WebIcon from '@mui/icons-material/LanguageRounded';
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';

type Web = NonNullable<Message['web']>;
type Page = Web['results'][number];

interface WebPagesProps {
  web: Web;
  cited: number | null;
  onCited: (n: number | null) => void;
}

export function WebPages({ web, cited, onCited }: WebPagesProps) {
  const { t } = useTranslation();
  const [wasOpened, setWasOpened] = useState(false);
  const isCited = web.results.some(({ n }) => n === cited);
  const isOpen = wasOpened || isCited;
  return (
    <>
      <Chip
        size="small"
        variant="outlined"
        icon={<WebIcon />}
        label={t('sources.webFound', { count: web.results.length })}
        aria-expanded={isOpen}
        data-testid="web-found"
        onClick={() => {
          setWasOpened(!isOpen);
          if (isCited) onCited(null);
        }}
      />
      {isOpen && (
        <Box component="section" aria-label={t('sources.webResults')} sx={boxStyle}>
          <Typography variant="caption" component="p" sx={{ color: 'text.secondary', mb: 0.5 }}>
            {t('sources.webAsked', { query: web.query })}
          </Typography>
          <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
            {web.results.map((page) => (
              <PageItem key={page.n} page={page} isChosen={page.n === cited} />
            ))}
          </Box>
        </Box>
      )}
    </>
  );
}

function PageItem({ page, isChosen }: { page: Page; isChosen: boolean }) {
  const { t } = useTranslation();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isChosen) link.current?.focus();
  }, [isChosen]);
  const url = httpUrl(page.url);
  return (
    <Box
      component="li"
      data-testid="web-page"
      sx={{
        py: 1,
        overflowWrap: 'anywhere',
        ...(isChosen && { bgcolor: 'surface.hover', mx: -1, px: 1, borderRadius: 1 }),
      }}
    >
      {url ? (
        <Link ref={link} href={url.href} target="_blank" rel="noopener noreferrer" sx={{ fontWeight: 600 }}>
          [{page.n}] {page.title}
          <span style={visuallyHidden}> {t('sources.newTab')}</span>
        </Link>
      ) : (
        <b>
          [{page.n}] {page.title}
        </b>
      )}
      <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
        {[url?.host.replace(/^www\./, ''), page.is_cited ? '' : t('sources.webUncited')].filter(Boolean).join(' · ')}
      </Typography>
      <Typography variant="body2" sx={{ mt: 0.25, color: 'text.secondary' }}>
        {page.text}
      </Typography>
    </Box>
  );
}

/** That the answer was made without: never silent. */
export function WebFailure({ web }: { web: Web }) {
  const { t } = useTranslation();
  return (
    <Box
      component="p"
      data-testid="web-failed"
      data-code={web.error_code ?? 'none'}
      sx={{ display: 'flex', gap: 1, m: 0, fontSize: '0.85rem', color: 'text.secondary', width: '100%' }}
    >
      <WebIcon aria-hidden="true" sx={{ fontSize: 16, mt: '2px', flex: 'none' }} />
      {web.error_code === null ? t('sources.webNone') : t(`sources.webFailed.${known(web.error_code)}`)}
    </Box>
  );
}

const KNOWN = ['off', 'nothing_asked', 'too_many_searches', 'timeout'] as const;

function known(code: string): (typeof KNOWN)[number] | 'other' {
  return KNOWN.find((each) => each === code) ?? 'other';
}

/** Null for what must not be a link. The server lets no other through; what stands on this device may be older. */
function httpUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}

const boxStyle = { width: '100%', px: 1.5, py: 1, border: 1, borderColor: 'divider', borderRadius: '14px' } as const;
