/** Places in a conversation that other features fill. The page hands them in: no feature knows another. */
import { type ComponentType, createContext } from 'react';
import type { Message, Recalled } from '@/shared/api/types';

export interface UnderAnswerProps {
  message: Message;
  /** The citation whose `[n]` in the text was pressed. */
  cited: number | null;
  onCited: (n: number | null) => void;
}

export interface Slots {
  /** Below the text of an answer. */
  UnderAnswer?: ComponentType<UnderAnswerProps>;
  /** In the panel “what shaped this answer”: what was recalled, by name. Without it ids and scores are listed. */
  RecalledList?: ComponentType<{ recall: readonly Recalled[] }>;
}

export const ChatSlots = createContext<Slots>({});

/** Opens the panel “what shaped this answer”. */
export const Explain = createContext<(messageId: number) => void>(() => undefined);
