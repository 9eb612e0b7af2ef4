/** A conversation written by hand, in Maru's own export format: what the pictures show. No model said this. */
const answer = `마루(maru)는 한옥의 **중심이 되는 열린 바닥**입니다. 사람들이 모여 앉아 이야기를 나누는 자리지요.

## What it is made of

A *maru* is laid from planks of pine, and its parts have names:

1. **Daecheong** (대청) between two rooms
2. **Toenmaru** (툇마루) along the outside
3. **Numaru** (누마루), raised like a balcony

| Part | Width | Use |
|---|---:|---|
| Daecheong | 2–4 m | gatherings, rites |
| Toenmaru | 0.6 m | passage, rest |

\`\`\`python
def planks(width_m: float, plank_cm: int = 15) -> int:
    """How many planks a floor needs."""
    return -(-int(width_m * 100) // plank_cm)  # round up
\`\`\`
`;

const drawn = `<think>The user wants a picture and a formula. A flowchart of the rooms will do.</think>방과 마루는 이렇게 이어집니다.

\`\`\`mermaid
flowchart LR
  A[안방] --> D(대청마루)
  D --> B[건넌방]
  D --> T(툇마루)
  T --> G{{마당}}
\`\`\`

널빤지 \\(n\\)장의 폭이 \\(w_i\\)이면 마루의 너비는

$$W = \\sum_{i=1}^{n} w_i \\approx n\\,\\bar{w}$$

- [x] 소나무 널
- [ ] 들보 확인
`;

const said = (key: number, parent: number | null, role: 'user' | 'assistant', content: string) => ({
  key,
  parent,
  role,
  content,
  timestamp: '2026-11-20T09:00:00Z',
  ...(role === 'assistant' && { finish_reason: 'stop' }),
});

export const sample = {
  format: 'maru.session',
  version: 1,
  session: { title: '한옥의 마루에 대하여', pinned: true },
  config: {},
  active_leaf: 6,
  messages: [
    said(0, null, 'user', '안녕하세요! 마루가 뭐예요?\nPlease explain with an example in Python.'),
    said(1, 0, 'assistant', answer),
    said(2, 1, 'user', 'Tell me more about the toenmaru.'),
    said(3, 2, 'assistant', 'It runs along the outside of the rooms, one step deep.'),
    said(4, 2, 'assistant', 'It is a narrow porch: one step deep, in the shade, and good for a cup of tea.'),
    said(5, 4, 'user', '마루의 구조를 그림과 수식으로도 보여 줘.'),
    said(6, 5, 'assistant', drawn),
  ],
};
