/** Who has uploaded the most, and the tables of the database. */
import {
  Button,
  Card,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { type ReactNode, useState } from 'react';
import { useLocale, useTranslate } from 'react-admin';
import { Link } from 'react-router-dom';
import type { StorageTable, StorageUser } from '@/shared/api/storage';
import { bytes, count } from '@/shared/figures';

const SHOWN = 12;
const NUMBER = { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' } as const;

export function UsersTable({ users }: { users: StorageUser[] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  if (users.length === 0) {
    return (
      <Typography color="textSecondary" variant="body2">
        {translate('maru.storage.none')}
      </Typography>
    );
  }
  const said = (n: number, size: number) => (n ? `${bytes(size, locale)} (${count(n, locale)})` : '–');
  return (
    <Framed labelledBy="users" names={['user', 'documents', 'uploads', 'sum']}>
      {users.map((user) => (
        <TableRow key={user.id}>
          <TableCell component="th" scope="row">
            <Link style={{ color: 'inherit' }} to={`/users/${user.id}/show`}>
              {user.username}
            </Link>
          </TableCell>
          <TableCell align="right" sx={NUMBER}>
            {said(user.n_documents, user.documents_bytes)}
          </TableCell>
          <TableCell align="right" sx={NUMBER}>
            {said(user.n_uploads, user.uploads_bytes)}
          </TableCell>
          <TableCell align="right" sx={NUMBER}>
            {bytes(user.documents_bytes + user.uploads_bytes, locale)}
          </TableCell>
        </TableRow>
      ))}
    </Framed>
  );
}

export function TablesTable({ tables }: { tables: StorageTable[] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? tables : tables.filter((table) => table.n_rows !== 0).slice(0, SHOWN);
  return (
    <>
      <Framed labelledBy="tables" names={['table', 'rows', 'size']}>
        {shown.map((table) => (
          <TableRow key={table.name}>
            <TableCell component="th" scope="row">
              {table.name || translate('maru.storage.search_index')}
            </TableCell>
            <TableCell align="right" sx={NUMBER}>
              {table.n_rows === null ? '–' : count(table.n_rows, locale)}
            </TableCell>
            <TableCell align="right" sx={NUMBER}>
              {table.size_bytes === null ? '–' : bytes(table.size_bytes, locale)}
            </TableCell>
          </TableRow>
        ))}
      </Framed>
      {shown.length < tables.length && (
        <Button onClick={() => setShowsAll(true)} size="small" sx={{ mt: 1 }}>
          {translate('maru.storage.all_tables', { n: tables.length })}
        </Button>
      )}
    </>
  );
}

function Framed({ labelledBy, names, children }: { labelledBy: string; names: string[]; children: ReactNode }) {
  const translate = useTranslate();
  return (
    <TableContainer component={Card} tabIndex={0} variant="outlined">
      <Table aria-labelledby={labelledBy} size="small">
        <TableHead>
          <TableRow>
            {names.map((name, at) => (
              <TableCell align={at ? 'right' : 'left'} key={name} sx={{ whiteSpace: 'nowrap' }}>
                {translate(`maru.storage.${name}`)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>{children}</TableBody>
      </Table>
    </TableContainer>
  );
}
