import { render, screen } from '@testing-library/react';
import { RecordContextProvider } from 'react-admin';
import { describe, expect, test } from 'vitest';
import { Readers } from './Readers';

const opening = { id: 1, opened_at: '2026-11-26T07:00:00Z', reader: 'keeper', kind: 'read', reason: 'a complaint' };

describe('who read a conversation', () => {
  test('is not known of a row of the list, which is shown until the whole is there', () => {
    const { container } = render(
      <RecordContextProvider value={{ id: 1, title: 'x' }}>
        <Readers />
      </RecordContextProvider>,
    );
    expect(container).toBeEmptyDOMElement();
  });

  test('is told with the reason', () => {
    render(
      <RecordContextProvider value={{ id: 1, openings: [opening] }}>
        <Readers />
      </RecordContextProvider>,
    );
    expect(screen.getByText(/keeper .* a complaint/)).toBeInTheDocument();
  });
});
