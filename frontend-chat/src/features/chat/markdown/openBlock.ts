/** Whether a block still grows. What costs a pass over all of it (colours, diagrams) waits until it does not. */
import { createContext } from 'react';

export const OpenBlock = createContext(false);
