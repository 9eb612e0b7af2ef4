/** A moment, or its day, in the reader's language and time zone. */
import { DateField, useLocale, type DateFieldProps } from 'react-admin';

const OPTIONS: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' };

export function Moment(props: DateFieldProps) {
  return <DateField emptyText="–" locales={useLocale()} options={OPTIONS} showTime {...props} />;
}

export function Day(props: DateFieldProps) {
  return <DateField emptyText="–" locales={useLocale()} noWrap options={{ dateStyle: 'medium' }} {...props} />;
}
