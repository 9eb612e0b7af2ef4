/** A message as Markdown, block by block. While it streams, only its last block is completed (`remend`) and rendered again. */
import Box from '@mui/material/Box';
import { memo, useState } from 'react';
import ReactMarkdown, { type Options } from 'react-markdown';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkGfm from 'remark-gfm';
import remend from 'remend';
import { BlockSplitter } from './blocks';
import { elements } from './elements';
import { proseStyle } from './proseStyle';

const plugins: Options['remarkPlugins'] = [[remarkGfm, { singleTilde: false }], remarkCjkFriendly];

export default function MarkdownText({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const [splitter] = useState(() => new BlockSplitter());
  const blocks = splitter.split(text);
  return (
    <Box sx={proseStyle}>
      {blocks.map((block, index) => (
        // A block keeps its place for ever: the index is its identity.
        // oxlint-disable-next-line react/no-array-index-key
        <Block key={index} source={isStreaming && index === blocks.length - 1 ? remend(block) : block} />
      ))}
    </Box>
  );
}

export const Block = memo(function Block({ source }: { source: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} components={elements}>
      {source}
    </ReactMarkdown>
  );
});
