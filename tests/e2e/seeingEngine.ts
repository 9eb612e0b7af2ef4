/** A server of llama-server's kind whose model sees, as it says itself. Remembers what it was shown. */
import { createServer, type Server } from 'node:http';

export const MODEL = 'oculus';

export interface SeeingEngine {
  url: string;
  /** The data: URLs of each question, the oldest question first; titles are left out. */
  shown: string[][];
  close: () => void;
}

interface Part {
  type: string;
  image_url?: { url: string };
}

export async function seeingEngine(port: number): Promise<SeeingEngine> {
  const shown: string[][] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString() || '{}');
      if (request.url?.endsWith('/models')) return json(MODELS);
      if (!request.url?.endsWith('/chat/completions')) return json({ tokens: [] });
      const contents = (body.messages as { content: string | Part[] }[]).map(({ content }) => content);
      const parts = contents.flatMap((content) => (typeof content === 'string' ? [] : content));
      const images = parts.flatMap(({ image_url }) => (image_url ? [image_url.url] : []));
      const isTitle = JSON.stringify(contents.at(-1)).includes('title');
      if (!isTitle) shown.push(images);
      const words = isTitle ? 'A floor of wood' : `I see ${images.length} ${images.length === 1 ? 'image' : 'images'}: warm boards, laid side by side.`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const word of words.split(/(?<= )/)) chunk({ content: word }, null);
      chunk({}, 'stop');
      response.end('data: [DONE]\n\n');
    });
    const json = (value: unknown) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const chunk = (delta: object, finish_reason: string | null) => {
      const choices = [{ index: 0, delta, finish_reason }];
      response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: MODEL, choices })}\n\n`);
    };
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}/v1`, shown, close: () => server.close() };
}

const MODELS = {
  object: 'list',
  data: [{ id: MODEL, object: 'model', owned_by: 'llamacpp', meta: { n_ctx_train: 8192 } }],
  models: [{ name: MODEL, capabilities: ['completion', 'multimodal'] }],
};
