/** How Markdown's elements are drawn. Links open elsewhere and tell nothing of us; pictures of other hosts are shown as the house says. */
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { isValidElement, type ReactNode } from 'react';
import type { Components } from 'react-markdown';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from './CodeBlock';
import { Diagram } from './Diagram';
import { Picture } from './Picture';

export const elements: Components = {
  a: ({ href, children }) => (
    <Link href={href ?? ''} {...(!href?.startsWith('#') && { target: '_blank', rel: 'noopener noreferrer nofollow' })}>
      {children}
    </Link>
  ),
  img: ({ src, alt }) => <Picture src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
  pre: ({ children }) => <Pre>{children}</Pre>,
  table: ({ children }) => <Table>{children}</Table>,
  input: ({ checked }) => <span aria-hidden="true">{checked ? '☑ ' : '☐ '}</span>,
  // One level for all: whatever a model begins with, the order of headings on the page stays right. Sizes follow the class.
  h1: ({ children }) => <h3 className="level-1">{children}</h3>,
  h2: ({ children }) => <h3 className="level-2">{children}</h3>,
  h3: ({ children }) => <h3 className="level-3">{children}</h3>,
  h4: ({ children }) => <h3 className="level-4">{children}</h3>,
  h5: ({ children }) => <h3 className="level-4">{children}</h3>,
  h6: ({ children }) => <h3 className="level-4">{children}</h3>,
};

function Table({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Box tabIndex={0} role="group" aria-label={t('answer.table')} className="table">
      <table>{children}</table>
    </Box>
  );
}

function Pre({ children }: { children: ReactNode }) {
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
  const language = /language-([\w+#-]+)/.exec(children.props.className ?? '')?.[1] ?? '';
  const code = typeof children.props.children === 'string' ? children.props.children : '';
  const text = code.replace(/\n$/, '');
  return language === 'mermaid' ? <Diagram code={text} /> : <CodeBlock language={language} code={text} />;
}
