/** What the next message is to do beyond being answered: each wish is for one message, and is told above the box. */
import { useState } from 'react';
import { useHouse } from '@/shared/api/useHouse';
import type { Along, Compare } from '@/shared/socket/frames';
import { CompareNotice, CompareSwitch, useCanCompare } from './CompareChoice';
import { ToolsNotice, ToolsSwitch, WebNotice, WebSwitch } from './switches';

export function useWishes() {
  const { web_search: hasWeb = false, tools: hasTools = false } = useHouse().data ?? {};
  const canCompare = useCanCompare();
  const [web, setWeb] = useState(false);
  const [tools, setTools] = useState(false);
  const [compare, setCompare] = useState<Compare | null>(null);
  // Of two models each would call them: what a call does would be done twice.
  const mayUseTools = hasTools && compare === null;
  const wished: Omit<Along, 'attachments'> = { web_search: hasWeb && web, tools: mayUseTools && tools, compare };
  const clear = () => {
    setWeb(false);
    setTools(false);
    setCompare(null);
  };
  const hasAny = hasWeb || hasTools || canCompare;
  return { hasWeb, mayUseTools, canCompare, hasAny, wished, setWeb, setTools, setCompare, clear };
}

type Wishes = ReturnType<typeof useWishes>;

export function WishNotices({ wishes: { wished } }: { wishes: Wishes }) {
  return (
    <>
      {wished.web_search && <WebNotice />}
      {wished.tools && <ToolsNotice />}
      {wished.compare !== null && <CompareNotice compare={wished.compare} />}
    </>
  );
}

export function WishSwitches({ wishes }: { wishes: Wishes }) {
  const { wished } = wishes;
  return (
    <>
      {wishes.hasWeb && <WebSwitch isOn={wished.web_search} onChange={wishes.setWeb} />}
      {wishes.mayUseTools && <ToolsSwitch isOn={wished.tools} onChange={wishes.setTools} />}
      {wishes.canCompare && <CompareSwitch compare={wished.compare} onChange={wishes.setCompare} />}
    </>
  );
}
