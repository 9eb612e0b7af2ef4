/** A message as Markdown, block by block. While it streams, only its last block is completed (`remend`) and rendered again. */
import Box from '@mui/material/Box';
import { memo, useMemo, useState } from 'react';
import ReactMarkdown, { type Options } from 'react-markdown';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkGfm from 'remark-gfm';
import remend from 'remend';
import { BlockSplitter } from './blocks';
import { elements } from './elements';
import { dollarsFor, useMath } from './math';
import { OpenBlock } from './openBlock';
import { proseStyle } from './proseStyle';

const NONE: NonNullable<Options['rehypePlugins']> = [];
const plugins: NonNullable<Options['remarkPlugins']> = [[remarkGfm, { singleTilde: false }], remarkCjkFriendly];

export default function MarkdownText({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const [splitter] = useState(() => new BlockSplitter());
  const blocks = splitter.split(text);
  return (
    <Box sx={proseStyle}>
      {blocks.map((block, index) => {
        const isOpen = isStreaming && index === blocks.length - 1;
        // A block keeps its place for ever: the index is its identity.
        // oxlint-disable-next-line react/no-array-index-key
        return <Block key={index} source={isOpen ? remend(block) : block} isOpen={isOpen} />;
      })}
    </Box>
  );
}

interface BlockProps {
  source: string;
  /** The block still grows. */
  isOpen: boolean;
}

/** That a block has ended reaches only what waits for it: its text is not read again for that. */
const Block = memo(function Block({ source, isOpen }: BlockProps) {
  return (
    <OpenBlock value={isOpen}>
      <BlockText source={source} />
    </OpenBlock>
  );
});

const BlockText = memo(function BlockText({ source }: { source: string }) {
  const math = useMath(source);
  const remarkPlugins = useMemo(() => (math ? [...plugins, ...math.remark] : plugins), [math]);
  return (
    <ReactMarkdown remarkPlugins={remarkPlugins} rehypePlugins={math?.rehype ?? NONE} components={elements}>
      {math ? dollarsFor(source) : source}
    </ReactMarkdown>
  );
});
